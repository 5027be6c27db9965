namespace MhcOperator.Operator.Runtime;

/// <summary>What came of one reconcile.</summary>
/// <param name="Entity">The object.</param>
/// <param name="IsSuccess">False: it is tried again after a growing wait.</param>
/// <param name="ErrorMessage">Why it failed.</param>
/// <param name="Error">What was thrown, if anything.</param>
/// <param name="RequeueAfter">Look again after this time even if nothing changes.</param>
internal sealed record ReconciliationResult<T>(T Entity, bool IsSuccess, string? ErrorMessage = null, Exception? Error = null, TimeSpan? RequeueAfter = null)
{
    public static ReconciliationResult<T> Success(T entity, TimeSpan? requeueAfter = null) => new(entity, true, RequeueAfter: requeueAfter);

    public static ReconciliationResult<T> Failure(T entity, string errorMessage, Exception? error = null) => new(entity, false, errorMessage, error);
}
