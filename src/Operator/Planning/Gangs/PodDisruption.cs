using k8s.Models;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>Whether the cluster has taken a pod away, or a node has not taken it: the machine's doing, and not the worker's.</summary>
internal static class PodDisruption
{
    /// <summary>
    /// KEP-3329: the API server, scheduler and taint manager say so before they end a pod, and so does Kueue, in a word of its own, when it
    /// takes a group's quota away.
    /// </summary>
    public static bool Is(V1Pod pod) =>
        (pod.Status?.Conditions ?? []).Any(c => c is { Type: "DisruptionTarget" or "TerminationTarget", Status: "True" })
        || IsRefused(pod)
        || (pod.Status is { Phase: "Failed", Reason: { } reason } && IsTakenAway(reason, pod.Status.Message ?? ""));

    /// <summary>
    /// Whether the node's kubelet did not take the pod: it judges for itself what the scheduler has decided, after a reboot before its
    /// devices are known.
    /// </summary>
    public static bool IsRefused(V1Pod pod) =>
        pod.Status is { Phase: "Failed", Reason: { } reason } && (IsRefusal(reason) || NeverStarted(pod, reason));

    /// <summary>Whether others than its processes have decided that the pod ends: an exit code after that tells nothing.</summary>
    public static bool IsAskedToEnd(V1Pod pod) =>
        pod.Metadata.DeletionTimestamp is not null || Is(pod) || pod.Status is { Phase: "Failed", Reason.Length: > 0 };

    // Kubelets before 1.26 only give a reason. An eviction for the pod's own use of storage is the worker's doing.
    private static bool IsTakenAway(string reason, string message) =>
        reason is "Shutdown" or "NodeShutdown" or "Terminated" or "NodeLost" or "Preempting"
        || (reason == "Evicted"
            && (message.StartsWith("The node", StringComparison.Ordinal) || !message.Contains("exceed", StringComparison.Ordinal)));

    // The kubelet's admission: its resources, the scheduler's predicates once more, and the managers of processors, memory and devices.
    private static bool IsRefusal(string reason) =>
        reason.StartsWith("OutOf", StringComparison.Ordinal)
        || reason is "UnexpectedAdmissionError" or "NodeAffinity" or "NodeName" or "NodePorts" or "NodeUnschedulable" or "TaintToleration"
            or "TopologyAffinityError" or "SMTAlignmentError" or "InvalidNodeInfo" or "UnexpectedPredicateFailureType";

    /// <summary>A kubelet of another version has other reasons; what all refusals have alike is that no container has begun.</summary>
    private static bool NeverStarted(V1Pod pod, string reason) =>
        reason is { Length: > 0 } and not ("DeadlineExceeded" or "Evicted")
        && (pod.Status.InitContainerStatuses ?? []).Concat(pod.Status.ContainerStatuses ?? [])
            .All(c => c.State is null or { Running: null, Terminated: null } && c.LastState?.Terminated is null);
}
