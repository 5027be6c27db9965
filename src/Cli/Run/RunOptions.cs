namespace MhcOperator.Cli.Run;

/// <summary>What <c>mhc run</c> was asked for.</summary>
/// <param name="File">Manifest, or <c>-</c>.</param>
/// <param name="RunFolder"><c>--run-dir</c>.</param>
/// <param name="Resume"><c>--resume</c>.</param>
/// <param name="Trainer"><c>--trainer</c>.</param>
/// <param name="Plain"><c>--plain</c>.</param>
/// <param name="Prompt"><c>--prompt</c>; null: one that fits the data.</param>
internal sealed record RunOptions(string File, string? RunFolder, bool Resume, string? Trainer, bool Plain, string? Prompt);
