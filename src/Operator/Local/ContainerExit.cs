namespace MhcOperator.Operator.Local;

/// <summary>How a container has ended.</summary>
/// <param name="ExitCode">As a shell tells it: 128 + signal where a signal ended it.</param>
/// <param name="Message">What it wrote to its termination message, at most the last 4096 bytes.</param>
internal sealed record ContainerExit(int ExitCode, string Message);
