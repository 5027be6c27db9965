using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary><c>Running</c>: whether every pod runs, and if not, which container waits and for what. A gang that runs ends a restart, once no pod of the one before is left.</summary>
internal static class RunningPolicy
{
    public static void Apply(PlanContext context)
    {
        var gang = context.Gang;
        if (!gang.IsComplete || context.IsRestartingInPlace)
        {
            return;
        }

        if (gang.IsRunning)
        {
            if (!context.Is(ConditionTypes.Running))
            {
                context.Say(Reasons.GangRunning, $"all {gang.Current.Count} pods of attempt {context.Status.Attempt} run");
            }

            context.SetCondition(ConditionTypes.Running, Conditions.True, Reasons.GangRunning, "every pod runs");
            if (context.Is(ConditionTypes.Restarting) && !gang.HasPredecessors)
            {
                context.SetCondition(ConditionTypes.Restarting, Conditions.False, Reasons.GangRunning, "the new gang runs");
                context.Status.RestartNotBefore = null;
            }

            return;
        }

        var waiting = gang.Current
            .SelectMany(p => (p.Pod.Status?.InitContainerStatuses ?? []).Concat(p.Pod.Status?.ContainerStatuses ?? []), (p, c) => (p.Name, c.State?.Waiting))
            .FirstOrDefault(c => c.Waiting?.Reason is not (null or "" or "ContainerCreating" or "PodInitializing"));
        if (waiting.Waiting is { } why)
        {
            // The kubelet alternates between trying and waiting; that is one state, and one write.
            var told = context.Condition(ConditionTypes.Running)?.Reason;
            if (why.Reason is "ErrImagePull" or "ImagePullBackOff" && told is "ErrImagePull" or "ImagePullBackOff")
            {
                return;
            }

            context.SetCondition(ConditionTypes.Running, Conditions.False, why.Reason, $"pod {waiting.Name} waits: {why.Message}");
        }
        else if (gang.Current.All(p => p.End is null))
        {
            context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Starting, "the pods are starting");
        }
    }
}
