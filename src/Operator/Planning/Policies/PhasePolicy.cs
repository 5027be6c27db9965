using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>One word for people, made from the conditions; nothing is decided by it.</summary>
internal static class PhasePolicy
{
    public static void Apply(PlanContext context) => context.Status.Phase = Of(context);

    private static string Of(PlanContext context)
    {
        if (context.Is(ConditionTypes.Succeeded))
        {
            return "Succeeded";
        }

        if (context.Is(ConditionTypes.Failed))
        {
            return "Failed";
        }

        if (context.Condition(ConditionTypes.Valid) is { Status: Conditions.False, Reason: not Reasons.ChangeRejected })
        {
            return "Invalid";
        }

        if (context.Is(ConditionTypes.Suspended))
        {
            return "Suspended";
        }

        if (context.Is(ConditionTypes.Restarting))
        {
            return "Restarting";
        }

        return context.Is(ConditionTypes.Running) ? "Running" : "Pending";
    }
}
