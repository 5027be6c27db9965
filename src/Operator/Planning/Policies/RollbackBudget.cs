using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// How many rollbacks a job has left. Each one takes a place of <c>limit</c>, and every <c>refillAfterSteps</c> healthy steps (from the step that
/// was restored to the onset of the next instability) give one back; it follows from the records alone.
/// </summary>
internal static class RollbackBudget
{
    /// <param name="rollbacks">All so far.</param>
    /// <param name="policy">The limits.</param>
    /// <param name="onsetStep">Where the next instability began.</param>
    public static int Left(IReadOnlyList<RollbackRecord> rollbacks, RollbackPolicy policy, int onsetStep)
    {
        var used = 0;
        for (var i = 0; i < rollbacks.Count; i++)
        {
            var healthyUntil = i + 1 < rollbacks.Count ? rollbacks[i + 1].OnsetStep : onsetStep;
            var healthy = Math.Max(0, healthyUntil - rollbacks[i].RestoredStep);
            used = Math.Max(0, used + 1 - (healthy / Math.Max(1, policy.RefillAfterSteps)));
        }

        return policy.Limit - used;
    }
}
