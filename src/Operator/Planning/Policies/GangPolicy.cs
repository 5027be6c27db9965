using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Makes the gang: all pods of the current attempt together, but not before the wait is over and every process of an earlier attempt has ended,
/// since two writers must never share a checkpoint folder. A pod that does not end is waited for and named. It is deleted by force only where
/// its node is gone, or not ready for the timeout and tainted as out of service: elsewhere that would only take it out of sight, while it may
/// still write.
/// </summary>
internal static class GangPolicy
{
    /// <summary>Sends the pods of earlier attempts away, whatever may keep the next gang from being made: they hold nodes.</summary>
    public static void Clear(PlanContext context)
    {
        foreach (var pod in context.Gang.Previous)
        {
            context.Delete(pod.Pod);
        }
    }

    public static void Apply(PlanContext context)
    {
        if (context.Status.InPlace?.PodsAttempt is not null)
        {
            return; // this attempt has its pods
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
        var seconds = context.Spec.RunPolicy.TerminationTimeoutSeconds;
        string? stuck = null;
        foreach (var pod in running)
        {
            // The time stamp of a deletion is when the grace period ends.
            if (NodeQuestions.OverdueAt(pod.Pod, seconds) is not { } overdue)
            {
                continue;
            }

            if (context.Now < overdue)
            {
                context.LookAgainAt(overdue);
            }
            else if (CannotRun(context, pod, seconds) is { } why)
            {
                context.Warn(Reasons.DeletedByForce, $"pod {pod.Name} is deleted by force: {why}");
                context.DeleteByForce(pod.Pod);
                stuck ??= $"pod {pod.Name} is deleted by force: {why}";
            }
            else
            {
                stuck ??= string.Create(CultureInfo.InvariantCulture, $"pod {pod.Name} on node {pod.Pod.Spec?.NodeName} should have ended by {overdue.AddSeconds(-seconds):u}; the new gang waits, since it may still write checkpoints");
            }
        }

        if (stuck is null)
        {
            return;
        }

        if (context.Condition(ConditionTypes.Restarting) is not { Reason: Reasons.TerminationTimeout })
        {
            context.Warn(Reasons.TerminationTimeout, stuck);
        }

        context.SetCondition(ConditionTypes.Restarting, Conditions.True, Reasons.TerminationTimeout, stuck);
        context.LookAgainAt(context.Now + context.Observed.Options.ApiRetry); // the node may have changed, which nothing else tells
    }

    /// <summary>Why no process of an overdue pod can run any more, so that it cannot write; null: one might.</summary>
    private static string? CannotRun(PlanContext context, WorkerPod pod, int seconds)
    {
        if (pod.Pod.Spec?.NodeName is not { Length: > 0 } node || !context.Observed.Nodes.TryGetValue(node, out var state))
        {
            return null;
        }

        if (state.IsGone)
        {
            return $"its node {node} is gone";
        }

        return state.IsOutOfService && state.NotReadySince is { } since && since.AddSeconds(seconds) <= context.Now
            ? string.Create(CultureInfo.InvariantCulture, $"its node {node} is not ready since {since:u} and tainted as out of service")
            : null;
    }
}
