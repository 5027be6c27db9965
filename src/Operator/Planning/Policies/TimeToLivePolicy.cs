using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>A finished job is deleted <c>runPolicy.ttlSecondsAfterFinished</c> later, and its children with it.</summary>
internal static class TimeToLivePolicy
{
    public static void Apply(PlanContext context)
    {
        if (context.Spec.RunPolicy.TtlSecondsAfterFinished is not { } seconds || context.Status.FinishedAt is not { } finished)
        {
            return;
        }

        var end = new DateTimeOffset(finished.ToUniversalTime()).PlusSeconds(seconds);
        if (context.Now >= end)
        {
            context.DeleteJob();
        }
        else
        {
            context.RequeueAt(end);
        }
    }
}
