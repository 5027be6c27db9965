using k8s.Models;
using MhcOperator.Operator.Clusters;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>
/// What keeps a pod that has a node from running: the container that has not come up, in its kubelet's words, and what the cluster warns
/// of.
/// </summary>
/// <param name="Reason">CamelCase; null: nothing speaks against it yet.</param>
/// <param name="Message">A sentence without its subject.</param>
internal sealed record StartObstacle(string? Reason, string Message)
{
    /// <summary>
    /// The first of some pods and what keeps it; one with a reason comes before those that have none. Null: there are no pods.
    /// </summary>
    public static (string Pod, StartObstacle Obstacle)? First(IEnumerable<WorkerPod> pods,
        IReadOnlyDictionary<string, ClusterEvent> warnings)
    {
        var all = pods.Select(p => (p.Name, Obstacle: Of(p, warnings.GetValueOrDefault(p.Pod.Metadata.Uid ?? "")))).ToList();
        return all.Count == 0 ? null : all.FindIndex(p => p.Obstacle.Reason is not null) is >= 0 and var first ? all[first] : all[0];
    }

    /// <param name="pod">A pod that has a node and has not started.</param>
    /// <param name="warning">The newest Warning about it; null: none is known.</param>
    public static StartObstacle Of(WorkerPod pod, ClusterEvent? warning)
    {
        var (reason, message) = OfContainers(pod.Pod);
        return warning is null
            ? new StartObstacle(reason, message)
            : new StartObstacle(reason ?? warning.Reason, $"{message}; {warning.Reason}: {warning.Message}");
    }

    private static (string? Reason, string Message) OfContainers(V1Pod pod)
    {
        var before = (pod.Status?.InitContainerStatuses ?? []).Select(c => (Kind: "init container", Status: c)).ToList();
        var all = before.Concat((pod.Status?.ContainerStatuses ?? []).Select(c => (Kind: "container", Status: c))).ToList();
        if (all.Find(c => Waits(c.Status) && !IsOrdinary(c.Status.State.Waiting.Reason)) is { Status: not null } stuck)
        {
            var why = stuck.Status.State.Waiting;
            var words = string.IsNullOrEmpty(why.Message) ? "" : $": {why.Message}";
            return (why.Reason, $"{stuck.Kind} {stuck.Status.Name} waits ({why.Reason}){words}");
        }

        // One that is meant to run beside the others comes before those that it does not hold up.
        if (before.FindLast(c => c.Status.State?.Running is not null) is { Status: not null } running)
        {
            return (null, $"init container {running.Status.Name} has not ended");
        }

        return all.Find(c => Waits(c.Status)) is { Status: not null } waiting
            ? (null, $"{waiting.Kind} {waiting.Status.Name} waits ({waiting.Status.State.Waiting.Reason})")
            : (null, $"node {pod.Spec?.NodeName} has not said anything of it");
    }

    private static bool Waits(V1ContainerStatus status) => status.State?.Waiting is not null;

    private static bool IsOrdinary(string? reason) => reason is null or "" or "ContainerCreating" or "PodInitializing";
}
