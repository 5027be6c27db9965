using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Counts the pods of the current attempt.</summary>
internal static class WorkerCountsPolicy
{
    public static void Apply(PlanContext context)
    {
        var pods = context.Gang.Current;
        context.Status.Workers = new WorkerCounts
        {
            Active = pods.Count(p => !p.IsTerminal),
            Ready = pods.Count(p => p.IsReady),
            Succeeded = pods.Count(p => p.HasSucceeded),
            Failed = pods.Count(p => p.HasFailed),
        };
    }
}
