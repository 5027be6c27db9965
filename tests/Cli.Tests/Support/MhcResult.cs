namespace MhcOperator.Cli.Tests.Support;

/// <summary>How one command ended.</summary>
/// <param name="ExitCode">Of the program.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record MhcResult(int ExitCode, string Output, string Error);
