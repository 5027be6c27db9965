namespace MhcOperator.Cli.Terminal;

/// <summary>Bad input: its message is all that a person needs, and the exit code is <see cref="CliExitCode.BadInput"/>.</summary>
/// <param name="message">What was wrong, where, and what was expected.</param>
internal sealed class CliException(string message) : Exception(message);
