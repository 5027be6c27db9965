using System.CommandLine;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Interop;

HeapSettings.KeepFreedMemory();
var root = new RootCommand("Trains transformers with manifold-constrained hyper-connections (mHC).")
{
    TrainCommand.Create(),
    SuperviseCommand.Create(),
    PrepareCommand.Create(),
    EvalCommand.Create(),
    SampleCommand.Create(),
    ExportCommand.Create(),
    CheckCommand.Create(),
    BenchCommand.Create(),
    KernelBenchCommand.Create(),
    LossBenchCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
