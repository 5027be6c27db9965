namespace MhcOperator.Operator.Tests.Building;

/// <summary>The operator's process has died here.</summary>
public sealed class CrashException() : Exception("the operator has died");
