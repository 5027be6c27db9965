namespace MhcOperator.Operator.Execution;

/// <summary>What comes after a reconcile.</summary>
/// <param name="RequeueAfter">When to look again at the latest; null: only when something changes.</param>
public readonly record struct ReconcileResult(TimeSpan? RequeueAfter);
