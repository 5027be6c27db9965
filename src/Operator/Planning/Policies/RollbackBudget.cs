using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// How many of <c>limit</c> rollbacks a job has used up. Each one takes a place, and every <c>refillAfterSteps</c> healthy steps (from the
/// step that was restored to the onset of the next instability) give one back, as far as rank 0 had reported them while it trained.
/// </summary>
internal static class RollbackBudget
{
    /// <param name="status">With all so far.</param>
    /// <param name="policy">The limits.</param>
    /// <param name="onsetStep">Where the next instability began.</param>
    public static int Used(MhcTrainingJobStatus status, RollbackPolicy policy, int onsetStep)
    {
        if (status.Rollbacks is not [.., var last])
        {
            return 0;
        }

        var healthyUntil = Math.Min(onsetStep, status.Progress?.Step ?? 0);
        return AfterHealth(status.RollbacksUsed ?? UsedAtLast(status.Rollbacks, policy), healthyUntil - last.RestoredStep, policy);
    }

    /// <summary>
    /// How many rollbacks before it make one wait: those that were not given back, or that came at least as far as it has. Rollbacks
    /// without progress are as far apart as restarts are; one after healthy training has no wait.
    /// </summary>
    public static int InVain(MhcTrainingJobStatus status, int used, int detectedStep) =>
        Math.Max(used, status.Rollbacks.Reverse().TakeWhile(r => r.DetectedStep >= detectedStep).Count());

    private static int UsedAtLast(IReadOnlyList<RollbackRecord> rollbacks, RollbackPolicy policy)
    {
        var used = 1;
        for (var i = 1; i < rollbacks.Count; i++)
        {
            used = AfterHealth(used, rollbacks[i].OnsetStep - rollbacks[i - 1].RestoredStep, policy) + 1;
        }

        return used;
    }

    private static int AfterHealth(int used, int healthy, RollbackPolicy policy) =>
        Math.Max(0, used - (Math.Max(0, healthy) / Math.Max(1, policy.RefillAfterSteps)));
}
