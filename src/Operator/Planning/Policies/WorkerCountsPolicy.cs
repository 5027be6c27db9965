using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Counts the workers of the current attempt by their pods.</summary>
internal static class WorkerCountsPolicy
{
    public static void Apply(PlanContext context)
    {
        var pods = context.Gang.Current;
        context.Status.Workers = new WorkerCounts
        {
            Active = pods.Count(p => p is { IsDone: false, HasFailed: false }),
            Ready = pods.Count(p => p.IsReady),
            Succeeded = pods.Count(p => p.IsDone),
            Failed = pods.Count(p => p.HasFailed),
        };
    }

    /// <summary>Follows the pods of a job that has finished: how its workers have ended stays, whatever becomes of their pods.</summary>
    public static void Follow(PlanContext context)
    {
        var last = context.Status.Workers;
        Apply(context);
        var now = context.Status.Workers;
        context.Status.Workers = now with
        {
            Succeeded = Math.Max(last.Succeeded, now.Succeeded),
            Failed = Math.Max(last.Failed, now.Failed),
        };
    }
}
