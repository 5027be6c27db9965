using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// A suspended job keeps everything but its pods: they get SIGTERM, commit a checkpoint and go, and the next attempt continues from there.
/// The start time is cleared, so that suspended time counts for no deadline. How a pod ends meanwhile is no failure, but a verdict is kept.
/// </summary>
internal static class SuspensionPolicy
{
    /// <summary>True: the job is suspended.</summary>
    public static bool Apply(PlanContext context)
    {
        if (!context.Spec.Suspend)
        {
            return false;
        }

        var unstable = InstabilityPolicy.RecordWhileSuspending(context);
        if (!context.Is(ConditionTypes.Suspended))
        {
            const string message = "the job is kept without pods until spec.suspend is false";
            context.SetCondition(ConditionTypes.Suspended, Conditions.True, unstable ? Reasons.TrainingUnstable : Reasons.Suspended,
                message);
            context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.Suspended, message);
            context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Suspended, message);
            if (context.Is(ConditionTypes.Restarting))
            {
                context.SetCondition(ConditionTypes.Restarting, Conditions.False, Reasons.Suspended, message);
            }

            context.Say(Reasons.Suspended, message);
            StepsLostPolicy.Note(context, StepsLostPolicy.Suspension);
        }

        context.Status.StartedAt = null;
        context.Status.RestartNotBefore = null;
        foreach (var pod in context.Gang.Current.Concat(context.Gang.Previous))
        {
            context.Delete(pod.Pod);
        }

        return true;
    }
}
