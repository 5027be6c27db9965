using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Hands a job to the executor once the caches show what was written about it.</summary>
/// <param name="cluster">Caches.</param>
/// <param name="reconcile">The executor: looks at the job and acts, and says when to look again.</param>
internal sealed class JobController(KubernetesCluster cluster, Func<JobKey, CancellationToken, Task<TimeSpan?>> reconcile) : IEntityController<JobManifest>
{
    /// <summary>The change that is waited for wakes the job up by itself; this is for a change that no longer comes, such as one of an object that was taken out of the watch.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    public async Task<ReconciliationResult<JobManifest>> ReconcileAsync(JobManifest entity, CancellationToken cancellationToken)
    {
        var key = new JobKey(entity.Metadata.NamespaceProperty, entity.Metadata.Name);
        return ReconciliationResult<JobManifest>.Success(
            entity, cluster.ShowsOwnWrites(key) ? await reconcile(key, cancellationToken) : LookAgain);
    }
}
