using MhcOperator.Api;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// A job that is neither suspended nor finished has an attempt: the first one begins here, and so does the one after a resume.
/// The first is recorded when its pods are there (<see cref="Plan.StatusFollowsPods"/>): before it nothing was decided that a status could
/// hold, its number is known without one, and a crowd of new jobs has its pods sooner.
/// </summary>
internal static class StartPolicy
{
    public static void Apply(PlanContext context)
    {
        if (context.Is(ConditionTypes.Suspended))
        {
            Begin(context, Reasons.Resumed, "the job was resumed");
            context.Say(Reasons.Resumed, $"attempt {context.Status.Attempt} begins");
        }
        else if (context.Status.Attempt <= 0)
        {
            Begin(context, Reasons.NotSuspended, "the job is not suspended");
        }
    }

    /// <summary>A first attempt of which no pod could be made has not begun; what was said of it stays.</summary>
    public static void Retract(PlanContext context)
    {
        if (context.Status.Attempt != 1 || context.Observed.Status is { Attempt: > 0 } || context.MakesPods
            || context.Gang.Current.Count > 0)
        {
            return;
        }

        context.Status.Attempt = 0;
        context.Status.AcceptedSpec = null;
        ClaimPolicy.Bind(context);
        foreach (var type in new[] { ConditionTypes.GangScheduled,
            ConditionTypes.Running }.Where(type => context.Condition(type) is { Reason: Reasons.Pending }))
        {
            context.SetCondition(type, Conditions.False, Reasons.Pending, "no pod has been made");
        }
    }

    /// <summary>
    /// Records a first attempt whose pods are there. Some may be of an older spec, changed before anybody had recorded that it is acted on:
    /// then another attempt replaces them.
    /// </summary>
    public static void Adopt(PlanContext context)
    {
        if (context.Status.Attempt > 0 || context.Gang.Previous.Count == 0)
        {
            return;
        }

        var generation = context.Job.Metadata.Generation;
        var isOld = context.Gang.Previous.Any(pod => pod.Attempt != 1 || !pod.IsMadeFrom(generation));
        Begin(context, Reasons.NotSuspended, "the job is not suspended");
        if (isOld)
        {
            context.NextAttempt();
        }
    }

    private static void Begin(PlanContext context, string reason, string message)
    {
        context.Status.AcceptedSpec = Immutability.Snapshot(context.Spec);
        context.NextAttempt();
        context.Status.StartedAt ??= context.Now.UtcDateTime;
        context.Status.FailedStarts = null;
        context.SetCondition(ConditionTypes.Suspended, Conditions.False, reason, message);
        if (context.Condition(ConditionTypes.GangScheduled) is { Reason: not (Reasons.Pending or Reasons.Suspended) }
            && context.Gang.Current.Count == 0)
        {
            return; // it was tried before, and is known why it did not begin
        }

        context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.Pending, "the pods are being made");
        context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Pending, "the pods are being made");
    }
}
