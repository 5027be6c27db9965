using System.Collections;
using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;

namespace MhcOperator.Operator.Planning.Context;

/// <summary>
/// What to do next, in the order in which it is carried out: suspend, status, questions, orders, deletions, creations, events. The status
/// holds every decision, so whatever is lost after it by a crash follows from it again; what is lost before it never happened.
/// </summary>
internal sealed record Plan
{
    /// <summary>Nothing to do, nothing to wait for.</summary>
    public static Plan Nothing { get; } = new();

    /// <summary>Set <c>spec.suspend</c>; then nothing but <see cref="Status"/> is done before the job has been read again.</summary>
    public bool SuspendJob { get; init; }

    /// <summary>New status; null: unchanged.</summary>
    public MhcTrainingJobStatus? Status { get; init; }

    /// <summary>
    /// The next look writes <see cref="Status"/>: it says no more than that the first attempt begins, and that look will find the pods of
    /// it.
    /// </summary>
    public bool StatusFollowsPods { get; init; }

    /// <summary>There is a change of the status, but it waits for others.</summary>
    public bool DebounceStatus { get; init; }

    /// <summary>Pods whose processes are asked where they stand, before they go.</summary>
    public IReadOnlyList<V1Pod> Dump { get; init; } = [];

    /// <summary>Pods whose processes are to begin the next attempt.</summary>
    public IReadOnlyList<PodOrder> Order { get; init; } = [];

    /// <summary>Pods whose processes are ended, and that stay for their logs.</summary>
    public IReadOnlyList<V1Pod> Stop { get; init; } = [];

    /// <summary>Pods to delete.</summary>
    public IReadOnlyList<PodDeletion> Delete { get; init; } = [];

    /// <summary>Pod groups to delete.</summary>
    public IReadOnlyList<PodGroup> DeleteGroups { get; init; } = [];

    /// <summary>ConfigMaps to delete, since they cannot be changed.</summary>
    public IReadOnlyList<V1ConfigMap> DeleteMaps { get; init; } = [];

    /// <summary>Objects that pods need, to create before them.</summary>
    public IReadOnlyList<JsonObject> Create { get; init; } = [];

    /// <summary>Objects to bring up to date.</summary>
    public IReadOnlyList<JsonObject> Apply { get; init; } = [];

    /// <summary>Pods to create, all together.</summary>
    public PodManifests Pods { get; init; } = PodManifests.None;

    /// <summary>Claim that goes with the job from now on, or no longer; null: none.</summary>
    public ClaimOwnership? Claim { get; init; }

    /// <summary>Delete the job itself.</summary>
    public bool DeleteJob { get; init; }

    /// <summary>Events to record once the status is written.</summary>
    public IReadOnlyList<ClusterEvent> Events { get; init; } = [];

    /// <summary>When to look again at the latest; null: only when something changes.</summary>
    public TimeSpan? RequeueAfter { get; init; }

    /// <summary>There is nothing to be done: the same picture leads to the same plan until it is time to look again.</summary>
    public bool IsIdle => !SuspendJob && !DeleteJob && Status is null && Claim is null
        && Dump.Count + Order.Count + Stop.Count + Delete.Count + DeleteGroups.Count + DeleteMaps.Count + Create.Count + Apply.Count + Pods.Count + Events.Count == 0;
}

/// <summary>A pod whose processes are to begin another attempt.</summary>
/// <param name="Pod">The pod; only this uid.</param>
/// <param name="Order">Text of the order, for <see cref="Api.Annotations.Order"/>.</param>
/// <param name="Count">Larger than when it was last given, for <see cref="Api.Annotations.OrderCount"/>.</param>
internal sealed record PodOrder(V1Pod Pod, string Order, int Count);

/// <summary>A pod to delete.</summary>
/// <param name="Pod">The pod; only this uid.</param>
/// <param name="GraceSeconds">Grace in seconds; null: the pod's own.</param>
internal sealed record PodDeletion(V1Pod Pod, int? GraceSeconds = null);

/// <summary>Whether a claim goes with the job.</summary>
/// <param name="Claim">The claim; only this uid.</param>
/// <param name="IsOwned">It does.</param>
internal sealed record ClaimOwnership(V1PersistentVolumeClaim Claim, bool IsOwned);

/// <summary>Pods to create, each made from its number when it is looked at: a gang may have thousands, and a template of 64 KiB.</summary>
/// <param name="names">Their names.</param>
/// <param name="make">Makes the pod of that place in the list.</param>
internal sealed class PodManifests(IReadOnlyList<string> names, Func<int, JsonObject> make) : IReadOnlyList<JsonObject>
{
    public static PodManifests None { get; } = new([], _ => []);

    public IReadOnlyList<string> Names => names;

    public int Count => names.Count;

    public JsonObject this[int index] => make(index);

    public IEnumerator<JsonObject> GetEnumerator() => Enumerable.Range(0, names.Count).Select(make).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
