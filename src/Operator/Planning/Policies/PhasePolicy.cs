using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>One word for people and one that says why, made from the conditions; nothing is decided by them.</summary>
internal static class PhasePolicy
{
    public static void Apply(PlanContext context) => (context.Status.Phase, context.Status.Reason) = Of(context);

    private static (string Phase, string? Reason) Of(PlanContext context)
    {
        if (context.Is(ConditionTypes.Succeeded))
        {
            return ("Succeeded", Reason(context, ConditionTypes.Succeeded));
        }

        if (context.Is(ConditionTypes.Failed))
        {
            return ("Failed", Reason(context, ConditionTypes.Failed));
        }

        if (Reason(context, ConditionTypes.Running) == Reasons.Deleting)
        {
            return ("Deleting", Reasons.Deleting);
        }

        if (context.Condition(ConditionTypes.Valid) is { Status: Conditions.False, Reason: not Reasons.ChangeRejected and var wrong })
        {
            return ("Invalid", wrong);
        }

        if (context.Is(ConditionTypes.Suspended))
        {
            return ("Suspended", Reason(context, ConditionTypes.Suspended));
        }

        if (context.Is(ConditionTypes.Restarting))
        {
            return ("Restarting", Obstacle(context) ?? Reason(context, ConditionTypes.Restarting));
        }

        return context.Is(ConditionTypes.Running)
            ? ("Running", Doubt(context) ?? Reasons.GangRunning)
            : ("Pending", Obstacle(context) ?? Reason(context, ConditionTypes.Running) ?? Reasons.Pending);
    }

    /// <summary>What keeps the gang from running; null: nothing but time.</summary>
    private static string? Obstacle(PlanContext context) => new[] { ConditionTypes.GangScheduled, ConditionTypes.Running }
        .Select(type => context.Condition(type))
        .FirstOrDefault(
            c => c is
            {
                Status: Conditions.False, Reason: not (Reasons.Pending or Reasons.Starting or Reasons.Restarting
                or Reasons.Suspended)
            })?.Reason;

    /// <summary>What is not as it should be with a gang that runs.</summary>
    private static string? Doubt(PlanContext context) => new[] { ConditionTypes.Valid, ConditionTypes.Stable }
        .Select(type => context.Condition(type))
        .FirstOrDefault(c => c is { Status: Conditions.False })?.Reason;

    private static string? Reason(PlanContext context, string type) => context.Condition(type)?.Reason;
}
