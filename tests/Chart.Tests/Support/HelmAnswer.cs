namespace Chart.Tests.Support;

/// <summary>What Helm said.</summary>
/// <param name="ExitCode">0 where it worked.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it printed as an error.</param>
internal sealed record HelmAnswer(int ExitCode, string Output, string Error);
