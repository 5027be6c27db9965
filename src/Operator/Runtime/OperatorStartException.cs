namespace MhcOperator.Operator.Runtime;

/// <summary>The operator can't start; the message tells a person what to do.</summary>
internal sealed class OperatorStartException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Exit code of a command line or surroundings that are wrong.</summary>
    public const int ExitCode = 2;
}
