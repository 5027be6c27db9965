namespace MhcOperator.Operator.Runtime;

/// <summary>What comes after a reconcile.</summary>
/// <param name="RequeueAfter">When to look again at the latest; null: only when something changes. What is longer than a day is a day, and
/// what has passed is now.</param>
public readonly record struct ReconcileResult(TimeSpan? RequeueAfter)
{
    /// <summary>When to look again at the latest, as any timer takes it; null: only when something changes.</summary>
    public TimeSpan? RequeueAfter { get; } = RequeueAfter is { } wait ? Waits.Bounded(wait) : null;
}
