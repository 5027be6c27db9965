using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>A job may run for <c>runPolicy.activeDeadlineSeconds</c> since it was started or last resumed.</summary>
internal static class ActiveDeadlinePolicy
{
    /// <summary>True: the time is over, and the job has failed.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Spec.RunPolicy.ActiveDeadlineSeconds is not { } seconds || context.Status.StartedAt is not { } started)
        {
            return false;
        }

        var end = new DateTimeOffset(started.ToUniversalTime()).PlusSeconds(seconds);
        if (context.Now < end)
        {
            context.RequeueAt(end);
            return false;
        }

        var message = $"the job was active for more than {Counted.Of(seconds, "second")} (runPolicy.activeDeadlineSeconds)";
        FinishedPolicy.Fail(context, Reasons.DeadlineExceeded, message);
        return true;
    }
}
