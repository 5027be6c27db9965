using System.CommandLine;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Training;

try
{
    // A program that is supervised has its own wishes.
    if (args is not [SuperviseCommand.Name, ..])
    {
        ThreadWaiting.Choose();
        Allocator.Choose();
    }
}
catch (TrainerException e)
{
    Console.Error.WriteLine(e.Message);
    return e.ExitCode;
}

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
