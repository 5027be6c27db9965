using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Writes a verdict into the status: that is what the next gang's environment is made from.</summary>
internal static class RollbackRecorder
{
    /// <summary>Records that a status keeps: a resource has room for some thousands, and environment variables for fewer.</summary>
    private const int Most = 100;

    public static RollbackRecord Record(PlanContext context, Verdict verdict, string tier, double factorBeside = 1)
    {
        var status = context.Status;
        var factor = (status.Rollbacks is [.., var last] ? last.LearningRateFactor
            : 1) * context.Spec.Stability.Rollback.LearningRateFactor * factorBeside;
        var record = new RollbackRecord
        {
            Attempt = status.Attempt,
            Reason = verdict.Reason,
            DetectedStep = verdict.DetectedStep,
            OnsetStep = verdict.OnsetStep,
            RestoredStep = verdict.RestoreStep,
            Skipped = verdict.BadData is { } window ? string.Create(CultureInfo.InvariantCulture, $"{window}") : "",
            LearningRateFactor = factor,
            Tier = tier,
            DetectedAt = context.Now.UtcDateTime,
        };
        status.RollbacksUsed = RollbackBudget.Used(status, context.Spec.Stability.Rollback, verdict.OnsetStep) + 1;
        status.RollbackCount++;
        status.Rollbacks = [.. status.Rollbacks.TakeLast(Most - 1), record];
        StepsLostPolicy.GoBack(context, record);

        // Rank 0 of the next gang quarantines every later checkpoint.
        if (status.Checkpoints is { } checkpoints)
        {
            var (latest, verified) = (Limit(checkpoints.Latest, record.RestoredStep), Limit(checkpoints.Verified, record.RestoredStep));
            status.Checkpoints = new CheckpointsStatus
            {
                Latest = latest,
                LatestAt = At(latest, checkpoints),
                Verified = verified,
                VerifiedAt = verified == checkpoints.Verified ? checkpoints.VerifiedAt : null,
            };
        }

        return record;
    }

    /// <summary>When a step that is the latest now was first heard of, as far as that is known.</summary>
    private static DateTime? At(int? latest, CheckpointsStatus before) =>
        latest is null ? null : latest == before.Latest ? before.LatestAt : latest == before.Verified ? before.VerifiedAt : null;

    private static int? Limit(int? step, int restored) => step is { } s && restored > 0 ? Math.Min(s, restored) : null;
}
