namespace Monitoring.Tests.Support;

/// <summary>What a program said.</summary>
/// <param name="ExitCode">0 where it worked.</param>
/// <param name="Output">What it printed, errors too.</param>
internal sealed record Answer(int ExitCode, string Output);
