using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary><c>GangScheduled</c>: whether every pod has a node, and if not, which one waits and for what.</summary>
internal static class SchedulingPolicy
{
    public static void Apply(PlanContext context)
    {
        var gang = context.Gang;
        if (!gang.IsComplete)
        {
            return;
        }

        if (gang.IsScheduled)
        {
            context.SetCondition(ConditionTypes.GangScheduled, Conditions.True, Reasons.Scheduled, "every pod has a node");
            return;
        }

        var gated = gang.Current.Count(p => p.IsGated);
        if (gated > 0)
        {
            var queue = context.Spec.Scheduling.Queue is { Length: > 0 } name ? $"queue {name}" : "their scheduling gates";
            var (wait, them) = gated == 1 ? ("waits", "it") : ("wait", "them");
            var message = $"{gated} of {Counted.Of(gang.Current.Count, "pod")} {wait} for {queue} to let {them} through";
            context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.AwaitingAdmission, message);
            return;
        }

        var refused = gang.Current.Where(p => !p.IsScheduled)
            .Select(
                p => (p.Name, Condition: (p.Pod.Status?.Conditions
                    ?? []).FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False" })))
            .FirstOrDefault(p => p.Condition is not null);
        if (refused.Condition is { } why)
        {
            context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, why.Reason ?? Reasons.Unschedulable,
                $"pod {refused.Name}: {why.Message}");
        }
        else
        {
            context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.Pending, "the pods wait for their nodes");
        }
    }
}
