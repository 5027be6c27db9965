using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Hands a job to the executor once the caches show what was written about it.</summary>
/// <param name="cluster">Caches.</param>
/// <param name="executor">Looks at the job and acts.</param>
internal sealed class JobController(KubernetesCluster cluster, JobExecutor executor) : IEntityController<JobManifest>
{
    /// <summary>The change that is waited for wakes the job up by itself; this is for a change that no longer comes, such as one of an object that was taken out of the watch.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    public async Task<ReconciliationResult<JobManifest>> ReconcileAsync(JobManifest entity, CancellationToken cancellationToken)
    {
        var key = KeyOf(entity);
        if (!cluster.ShowsOwnWrites(key))
        {
            return ReconciliationResult<JobManifest>.Success(entity, LookAgain);
        }

        try
        {
            var result = await executor.ReconcileAsync(key, cancellationToken);
            return ReconciliationResult<JobManifest>.Success(entity, result.RequeueAfter);
        }
        catch (Exception e) when (e is ClusterException or HttpRequestException or IOException or TimeoutException or LeaseExpiredException)
        {
            // The cluster's trouble, not ours: its message says enough, where the stack would say nothing.
            return ReconciliationResult<JobManifest>.Failure(entity, e.Message);
        }
    }

    public async Task<ReconciliationResult<JobManifest>> DeletedAsync(JobManifest entity, CancellationToken cancellationToken)
    {
        await executor.ReconcileAsync(KeyOf(entity), cancellationToken);
        return ReconciliationResult<JobManifest>.Success(entity);
    }

    private static JobKey KeyOf(JobManifest entity) => new(entity.Metadata.NamespaceProperty, entity.Metadata.Name);
}
