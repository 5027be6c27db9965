namespace MhcOperator.Operator.Runtime;

/// <summary>Brings the cluster one step nearer to what an object asks for. Same name and shape as in KubeOps, so that moving there is a change of package.</summary>
internal interface IEntityController<T>
{
    /// <summary>Looks at the object as the cache has it and acts. Called again after every change, and after a failure.</summary>
    Task<ReconciliationResult<T>> ReconcileAsync(T entity, CancellationToken cancellationToken);

    /// <summary>The object is gone; this is how it was when it was last reconciled.</summary>
    Task<ReconciliationResult<T>> DeletedAsync(T entity, CancellationToken cancellationToken);
}
