using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Makes the gang: all pods of the current attempt together, but not before the wait is over and every process of an earlier attempt has ended,
/// since two writers must never share a checkpoint folder. A pod that does not end is waited for and named, never deleted by force:
/// that would only take it out of sight, while it may still write.
/// </summary>
internal static class GangPolicy
{
    public static void Apply(PlanContext context)
    {
        foreach (var pod in context.Gang.Previous)
        {
            context.Delete(pod.Pod);
        }

        var running = context.Gang.Previous.Where(p => !p.IsTerminal).ToList();
        if (running.Count > 0)
        {
            TellStuck(context, running);
            return;
        }

        if (context.Status.RestartNotBefore is { } notBefore && context.Now < new DateTimeOffset(notBefore.ToUniversalTime()))
        {
            context.LookAgainAt(new DateTimeOffset(notBefore.ToUniversalTime()));
            return;
        }

        var name = context.Job.Metadata.Name;
        var names = context.Gang.Missing.Select(w => GangNames.Pod(name, context.Status.Attempt, w)).ToHashSet(StringComparer.Ordinal);
        if (context.Gang.Foreign.FirstOrDefault(p => names.Contains(p.Metadata.Name)) is { } foreign)
        {
            NameConflict.Tell(context, "Pod", foreign.Metadata.Name);
            return;
        }

        if (!PodGroupPolicy.Ensure(context))
        {
            return;
        }

        foreach (var worker in context.Gang.Missing)
        {
            context.CreatePod(PodManifest.For(context.Job, context.Status, worker, context.Observed.Options, context.Observed.Gangs));
        }
    }

    private static void TellStuck(PlanContext context, List<WorkerPod> running)
    {
        // The time stamp of a deletion is when the grace period ends.
        var allowed = TimeSpan.FromSeconds(context.Spec.RunPolicy.TerminationTimeoutSeconds);
        foreach (var pod in running)
        {
            if (pod.Pod.Metadata.DeletionTimestamp is not { } deadline)
            {
                continue;
            }

            var end = new DateTimeOffset(deadline.ToUniversalTime()) + allowed;
            if (context.Now < end)
            {
                context.LookAgainAt(end);
                continue;
            }

            var message = string.Create(CultureInfo.InvariantCulture, $"pod {pod.Name} on node {pod.Pod.Spec?.NodeName} should have ended by {deadline:u}; the new gang waits, since it may still write checkpoints");
            if (context.Condition(ConditionTypes.Restarting) is not { Reason: Reasons.TerminationTimeout })
            {
                context.Warn(Reasons.TerminationTimeout, message);
            }

            context.SetCondition(ConditionTypes.Restarting, Conditions.True, Reasons.TerminationTimeout, message);
            return;
        }
    }
}
