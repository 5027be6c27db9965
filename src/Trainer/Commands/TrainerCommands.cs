using System.CommandLine;

namespace MhcOperator.Trainer.Commands;

/// <summary>The command line of mhc-trainer.</summary>
internal static class TrainerCommands
{
    /// <summary>All commands.</summary>
    public static RootCommand Create() => new("Trains transformers with manifold-constrained hyper-connections (mHC).")
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
}
