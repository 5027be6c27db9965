namespace MhcOperator.Cli.Run;

/// <summary>One line about something that happened.</summary>
/// <param name="Elapsed">Since the run began.</param>
/// <param name="IsWarning">Whether it is bad news.</param>
/// <param name="Reason">One CamelCase word.</param>
/// <param name="Message">A sentence.</param>
internal sealed record RunLine(TimeSpan Elapsed, bool IsWarning, string Reason, string Message);
