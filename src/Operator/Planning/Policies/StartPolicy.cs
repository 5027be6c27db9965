using MhcOperator.Api;
using MhcOperator.Api.Validation;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>A job that is neither suspended nor finished has an attempt: the first one begins here, and so does the one after a resume.</summary>
internal static class StartPolicy
{
    public static void Apply(PlanContext context)
    {
        var resumed = context.Is(ConditionTypes.Suspended);
        if (!resumed && context.Status.Attempt > 0)
        {
            return;
        }

        context.Status.AcceptedSpec = Immutability.Snapshot(context.Spec);

        context.NextAttempt();
        context.Status.StartedAt = context.Now.UtcDateTime;
        if (resumed)
        {
            context.SetCondition(ConditionTypes.Suspended, Conditions.False, Reasons.Resumed, "the job was resumed");
            context.Say(Reasons.Resumed, $"attempt {context.Status.Attempt} begins");
        }
        else
        {
            context.SetCondition(ConditionTypes.Suspended, Conditions.False, Reasons.NotSuspended, "the job is not suspended");
        }

        context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.Pending, "the pods are being made");
        context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Pending, "the pods are being made");
    }
}
