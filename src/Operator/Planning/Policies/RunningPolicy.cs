using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// <c>Running</c>: whether every pod runs, and if not, which container waits and for what. A gang that runs ends a restart, once no pod of
/// the one before is left.
/// </summary>
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
                var (count, attempt) = (gang.Current.Count, context.Status.Attempt);
                context.Say(Reasons.GangRunning,
                    count == 1 ? $"the only pod of attempt {attempt} runs" : $"all {count} pods of attempt {attempt} run");
            }

            context.SetCondition(ConditionTypes.Running, Conditions.True, Reasons.GangRunning, "every pod runs");
            context.Status.FailedStarts = null;
            if (context.Is(ConditionTypes.Restarting) && !gang.HasPredecessors)
            {
                context.SetCondition(ConditionTypes.Restarting, Conditions.False, Reasons.GangRunning, "the new gang runs");
                context.Status.RestartNotBefore = null;
            }

            return;
        }

        if (StartObstacle.First(gang.Current.Where(p => p is { IsScheduled: true, IsRunning: false, End: null }),
            context.Observed.Warnings) is { Obstacle.Reason: { } reason } stuck)
        {
            // The kubelet alternates between trying and waiting; that is one state, and one write.
            var told = context.Condition(ConditionTypes.Running)?.Reason;
            if (IsImage(reason) && IsImage(told))
            {
                return;
            }

            var message = $"pod {stuck.Pod}: {stuck.Obstacle.Message}";
            if (told != reason)
            {
                context.Warn(reason, message);
            }

            context.SetCondition(ConditionTypes.Running, Conditions.False, reason, message);
        }
        else if (gang.Current.All(p => p.End is null))
        {
            context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Starting, "the pods are starting");
        }
    }

    private static bool IsImage(string? reason) => reason is "ErrImagePull" or "ImagePullBackOff";
}
