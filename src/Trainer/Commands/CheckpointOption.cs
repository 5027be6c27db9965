using System.CommandLine;

namespace MhcOperator.Trainer.Commands;

/// <summary><c>--checkpoint DIR</c>.</summary>
internal static class CheckpointOption
{
    /// <summary>The option.</summary>
    public static Option<DirectoryInfo> Create() =>
        new("--checkpoint")
        {
            Description = "A checkpoint (step-00001200), or a folder of checkpoints: then the newest whole one.",
            Required = true
        };
}
