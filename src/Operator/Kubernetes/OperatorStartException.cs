namespace MhcOperator.Operator.Kubernetes;

/// <summary>The operator can't start; the message tells a person what to do.</summary>
internal sealed class OperatorStartException(string message, Exception? inner = null) : Exception(message, inner);
