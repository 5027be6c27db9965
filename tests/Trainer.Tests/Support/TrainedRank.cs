namespace MhcOperator.Trainer.Tests.Support;

/// <summary>How the training of a rank ended.</summary>
/// <param name="ExitCode">Of a process that trains so.</param>
/// <param name="Output">What it printed.</param>
internal sealed record TrainedRank(int ExitCode, string Output)
{
    /// <summary>The hash that it printed at the end.</summary>
    public string WeightsHash => HashIn(Output);

    /// <summary>The hash at the end of what a trainer printed.</summary>
    public static string HashIn(string output) =>
        output.Split('\n').Single(l => l.StartsWith("weights sha256:", StringComparison.Ordinal))["weights sha256:".Length..];
}
