using System.Collections.Concurrent;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Execution;

/// <summary>
/// Looks for pods by name before they are taken for gone: a pod whose label somebody has taken off is out of the store's sight and may
/// train on. It gets the label back, as a pod of no attempt, and then goes the way of all pods of earlier attempts: it is deleted, and no
/// gang is made before it has ended. Where that is refused, nothing is decided about the gang (<see cref="Planner"/>) until it is not.
/// </summary>
internal sealed class LostPods(ICluster cluster)
{
    /// <returns>Whether one has its label back, so that the store must be looked at again.</returns>
    public async Task<bool> FindAsync(Observed observed, DateTimeOffset now, GuardedWrites writes, CancellationToken cancel)
    {
        var found = await ReclaimAsync(observed, now, writes, cancel);
        writes.ForgetOthers(WriteKind.Reclaim);
        return found;
    }

    private async Task<bool> ReclaimAsync(Observed observed, DateTimeOffset now, GuardedWrites writes, CancellationToken cancel)
    {
        if (observed is not { Manifest.Job.Metadata.DeletionTimestamp: null, Status.Attempt: > 0 })
        {
            return false;
        }

        var context = new PlanContext(observed, now);
        var isOver = context.Is(ConditionTypes.Suspended) || context.Is(ConditionTypes.Succeeded) || context.Is(ConditionTypes.Failed);
        if (isOver || context.Gang.IsComplete || !context.GangWasComplete)
        {
            return false;
        }

        var job = context.Job.Metadata;
        var attempt = GangAttempt.Of(context.Status);
        var known = context.Gang.Previous.Select(p => p.Name).ToHashSet(StringComparer.Ordinal); // another label of it is not what it was
        var found = new ConcurrentBag<V1Pod>();
        List<string> names = [.. context.Gang.Missing.Select(w => GangNames.Pod(job.Name, attempt, w))
            .Where(name => !known.Contains(name))];
        await PlanWriter.TogetherAsync(names, async (name, c) =>
        {
            if (await cluster.ReadPodAsync(job.NamespaceProperty, name, c) is { } pod && Gang.IsOwned(pod.Metadata, context.Job)
                && await writes.TryAsync(WriteKind.Reclaim, "Pod", name, () => cluster.ReclaimPodAsync(pod, job.Name, c)))
            {
                found.Add(pod);
            }
        }, cancel);
        return !found.IsEmpty;
    }
}
