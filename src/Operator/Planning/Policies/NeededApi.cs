using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>What a gang needs and not every cluster has, or lets the operator use: the job names it, and looks again.</summary>
internal static class NeededApi
{
    /// <summary>False: it is not there, or the cluster has not said yet.</summary>
    public static bool IsThere(PlanContext context, ApiSupport support)
    {
        if (support.IsThere)
        {
            return true;
        }

        context.RequeueAt(context.Now + context.Observed.Options.ApiRetry);
        if (support.Missing is { } missing && !context.Gang.IsComplete)
        {
            var message = ConditionText.Message(missing);
            if (context.Condition(ConditionTypes.GangScheduled) is not { Reason: Reasons.ApiMissing } told || told.Message != message)
            {
                context.Warn(Reasons.ApiMissing, message);
            }

            context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.ApiMissing, message);
        }

        return false;
    }
}
