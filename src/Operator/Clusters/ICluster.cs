using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Clusters;

/// <summary>
/// The cluster as the executor sees it. Reads answer at once from a store that is kept up to date (a watch cache or
/// memory); writes go to the cluster and throw <see cref="ApiException"/> when it refuses.
/// Implementations make a write visible to the same caller's next read, or hold that job's reconcile back until it is,
/// so that acting on a stale store can never make a second gang.
/// </summary>
public interface ICluster
{
    /// <summary>Raised when a job or anything that it owns has changed.</summary>
    event Action<NamespacedName>? Changed;

    /// <summary>The job, valid or not; null where there is none.</summary>
    JobManifest? FindJob(NamespacedName key);

    /// <summary>
    /// Pods that carry the job's label, whoever owns them. An object that was handed out never changes: a changed pod is another object,
    /// and so is a changed job or child.
    /// </summary>
    IReadOnlyList<V1Pod> ListPods(NamespacedName key);

    /// <summary>The object of that name, whoever owns it; null where there is none.</summary>
    V1Service? FindService(string ns, string name);

    /// <inheritdoc cref="FindService"/>
    V1ConfigMap? FindConfigMap(string ns, string name);

    /// <inheritdoc cref="FindService"/>
    V1PersistentVolumeClaim? FindClaim(string ns, string name);

    /// <inheritdoc cref="FindService"/>
    JobNetworkPolicy? FindNetworkPolicy(string ns, string name);

    /// <summary>Whether network policies can be seen; <see cref="Changed"/> is raised when the answer is another.</summary>
    ApiSupport NetworkPolicies { get; }

    /// <summary>
    /// Whether the cluster has an API. The first question may be answered with "unknown"; <see cref="Changed"/> is raised when the answer
    /// is known.
    /// </summary>
    ApiSupport FindApi(ApiFeature feature);

    /// <summary>Pod groups that carry the job's label, whoever owns them, of the APIs that <see cref="FindApi"/> has found.</summary>
    IReadOnlyList<PodGroup> ListPodGroups(NamespacedName key);

    /// <summary>Reads a pod group from the cluster itself; null where there is none.</summary>
    Task<PodGroup?> ReadPodGroupAsync(string apiVersion, string kind, string ns, string name, CancellationToken cancel);

    /// <summary>Deletes a pod group if it still has that uid; 404 or 409 where it is gone already.</summary>
    Task DeletePodGroupAsync(PodGroup group, CancellationToken cancel);

    /// <summary>Deletes a ConfigMap if it still has that uid; 404 or 409 where it is gone already.</summary>
    Task DeleteConfigMapAsync(V1ConfigMap map, CancellationToken cancel);

    /// <summary>
    /// Reads a pod from the cluster itself, not from the store: a pod without the job's label is not in there. Null where there is none.
    /// </summary>
    Task<V1Pod?> ReadPodAsync(string ns, string name, CancellationToken cancel);

    /// <summary>Reads a node from the cluster itself; null where there is none.</summary>
    Task<V1Node?> ReadNodeAsync(string name, CancellationToken cancel);

    /// <summary>The newest Warning that others have recorded about a pod after a moment; null where there is none.</summary>
    Task<ClusterEvent?> FindWarningAsync(V1Pod pod, DateTimeOffset after, CancellationToken cancel);

    /// <summary>Creates an object from its full manifest.</summary>
    Task CreateAsync(JsonObject manifest, CancellationToken cancel);

    /// <summary>Server-side apply under this operator's field manager.</summary>
    Task ApplyAsync(JsonObject manifest, CancellationToken cancel);

    /// <summary>
    /// Puts an order (<see cref="Annotations.Order"/>, <see cref="Annotations.OrderCount"/>) on a pod if it still has that uid; 404 or 409
    /// where it is gone already.
    /// </summary>
    Task OrderAsync(V1Pod pod, string order, int count, CancellationToken cancel);

    /// <summary>
    /// Puts the label of its job back on a pod that has lost it, as one of no attempt, so that it is seen for as long as it lives, if it
    /// still has that uid; 404 or 409 where it is gone already.
    /// </summary>
    Task ReclaimPodAsync(V1Pod pod, string job, CancellationToken cancel);

    /// <summary>Deletes a pod if it still has that uid; 404 or 409 where it is gone already.</summary>
    /// <param name="pod">Pod to delete.</param>
    /// <param name="graceSeconds">Grace period in seconds; null: the pod's own; 0: by force.</param>
    /// <param name="cancel">Stops waiting.</param>
    Task DeletePodAsync(V1Pod pod, int? graceSeconds, CancellationToken cancel);

    /// <summary>
    /// Ends all processes of a pod, with its grace period, but keeps the pod and so its logs, if it still has that uid; 404 or 409 where it
    /// is gone already.
    /// </summary>
    Task StopPodAsync(V1Pod pod, CancellationToken cancel);

    /// <summary>Asks every rank of a pod to write where it stands to its log (SIGQUIT). One that cannot be asked is no error.</summary>
    Task DumpThreadsAsync(V1Pod pod, CancellationToken cancel);

    /// <summary>
    /// Gives a claim an owner, with which it goes, or takes its owner off, if it still has that uid; 404 or 409 where it is gone already.
    /// </summary>
    Task SetClaimOwnerAsync(V1PersistentVolumeClaim claim, MhcTrainingJob? owner, CancellationToken cancel);

    /// <summary>Sets <c>spec.suspend</c> of the job, so that only a person lets it go on (<c>stability.response: Suspend</c>).</summary>
    Task SuspendJobAsync(MhcTrainingJob job, CancellationToken cancel);

    /// <summary>Deletes the job itself (time to live).</summary>
    Task DeleteJobAsync(MhcTrainingJob job, CancellationToken cancel);

    /// <summary>
    /// Writes the whole status with a compare-and-swap on the job's resourceVersion (409 where it has changed); fields
    /// that are null in it are removed. Reads nothing of the job but its metadata.
    /// </summary>
    Task PatchStatusAsync(MhcTrainingJob job, MhcTrainingJobStatus status, CancellationToken cancel);

    /// <summary>Records an event about the job.</summary>
    Task RecordEventAsync(MhcTrainingJob job, ClusterEvent happened, CancellationToken cancel);

    /// <summary>Asks the status endpoint of a pod that holds rank 0; null where it does not answer within a second.</summary>
    Task<TrainerStatus?> GetTrainerStatusAsync(V1Pod pod, CancellationToken cancel);

    /// <summary>
    /// Asks each container of a pod that can restart in place how its process is; those that answer within a second; null where none does.
    /// </summary>
    Task<IReadOnlyList<WorkerReport>?> GetWorkerReportsAsync(V1Pod pod, CancellationToken cancel);
}
