using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>A name that the job needs belongs to somebody else: that object is left alone, the job says so and looks again.</summary>
internal static class NameConflict
{
    public static void Tell(PlanContext context, string kind, string name)
    {
        var message = ConditionText.Message($"{kind} {name} exists and belongs to somebody else; delete it or give the job another name");
        if (context.Condition(ConditionTypes.GangScheduled) is not { Reason: Reasons.NameConflict } told || told.Message != message)
        {
            context.Warn(Reasons.NameConflict, message);
        }

        context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.NameConflict, message);
        context.LookAgainAt(context.Now + context.Observed.Options.RefusalRetry);
    }
}
