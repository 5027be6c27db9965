using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// How many of <c>runPolicy.maxRestarts</c> are used up. Every <c>runPolicy.refillAfterSteps</c> steps beyond the last failure give one back, so
/// that a job of months does not die of failures that are weeks apart. Repeating steps after a restart gives nothing back.
/// </summary>
internal static class RestartBudget
{
    public static int Used(MhcTrainingJobStatus status, RunPolicySpec policy)
    {
        var healthy = status.RestartedAtStep is { } at ? Math.Max(0, (status.Progress?.Step ?? 0) - at) : 0;
        return Math.Max(0, (status.RestartsUsed ?? status.Restarts) - (healthy / Math.Max(1, policy.RefillAfterSteps)));
    }

    /// <returns>How many are used up with this one.</returns>
    public static int Take(MhcTrainingJobStatus status, int used)
    {
        status.Restarts++;
        status.RestartsUsed = used + 1;
        status.RestartedAtStep = Math.Max(status.Progress?.Step ?? 0, status.RestartedAtStep ?? 0);
        return used + 1;
    }
}
