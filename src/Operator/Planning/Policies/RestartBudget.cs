using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// How many of <c>runPolicy.maxRestarts</c> are used up. Every <c>runPolicy.refillAfterSteps</c> steps beyond the last failure give one
/// back, so that a job of months does not die of failures that are weeks apart. Repeating steps after a restart gives nothing back.
/// </summary>
internal static class RestartBudget
{
    /// <param name="status">With all so far.</param>
    /// <param name="policy">The limits.</param>
    /// <param name="steps">Of the whole job: a trainer that reports more has not done more.</param>
    public static int Used(MhcTrainingJobStatus status, RunPolicySpec policy, int steps = int.MaxValue)
    {
        var healthy = status.RestartedAtStep is { } at ? Math.Max(0, Math.Min(status.Progress?.Step ?? 0, steps) - at) : 0;
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
