using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Takes over what rank 0 says. <c>progress</c> is rewritten only when the step has moved, so that its time tells a gang that hangs.
/// </summary>
internal static class ProgressPolicy
{
    /// <summary>How long a gang runs without a word before it is taken for one that never says any.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    public static void Apply(PlanContext context)
    {
        NoteBegin(context);
        if (context.Report is not { } report)
        {
            if (context.Condition(ConditionTypes.Stable) is null)
            {
                context.SetCondition(ConditionTypes.Stable, Conditions.Unknown, Reasons.NoReport, "the trainer has not reported yet");
            }

            return;
        }

        Take(context, report, context.Observed.Report!.ReadAt);
        Judge(context, report);
    }

    /// <summary>Takes over figures, checkpoints and what a recovery took.</summary>
    public static void Take(PlanContext context, TrainerStatus report, DateTimeOffset readAt)
    {
        var status = context.Status;
        NoteOrigin(context, report);
        if (status.Progress is null || status.Progress.Step != report.Step || status.Progress.TotalSteps != report.TotalSteps)
        {
            status.Progress = new ProgressStatus
            {
                Step = report.Step,
                TotalSteps = report.TotalSteps,
                // kubectl prints every digit.
                Loss = report.Loss is { } loss ? Math.Round(loss, 4) : null,
                ValidationLoss = report.ValidationLoss is { } validation ? Math.Round(validation, 4) : null,
                TokensPerSecond = report.TokensPerSecond,
                EtaSeconds = report.EtaSeconds,
                UpdatedAt = readAt.UtcDateTime,
            };
            status.Stability = new StabilityStatus { State = report.StabilityState, Gain = report.Gain, Gap = report.Gap };
        }

        if (report.LatestCheckpoint is not null || report.VerifiedCheckpoint is not null)
        {
            var known = status.Checkpoints ?? new CheckpointsStatus();
            status.Checkpoints = known with
            {
                Latest = report.LatestCheckpoint,
                LatestAt = At(known.Latest, known.LatestAt, report.LatestCheckpoint, readAt),
                Verified = report.VerifiedCheckpoint,
                VerifiedAt = At(known.Verified, known.VerifiedAt, report.VerifiedCheckpoint, readAt),
            };
        }

        StepsLostPolicy.Settle(context, report);

        RecoveryTimePolicy.Apply(context, report, readAt);
    }

    /// <summary>Since when a step is the one that is named.</summary>
    private static DateTime? At(int? known, DateTime? since, int? told, DateTimeOffset readAt) =>
        told is null ? null : told == known ? since : readAt.UtcDateTime;

    /// <summary>A job that was to begin anew has: from now on the newest checkpoint is its own.</summary>
    private static void NoteBegin(PlanContext context)
    {
        if (context.Spec.Checkpoints.Resume != CheckpointResume.None || context.Status.Checkpoints?.Begun == true)
        {
            return;
        }

        var hasBegun = context.Report is { Step: > 0 };
        if (!hasBegun && context.Status.Progress is null
            && context.Condition(ConditionTypes.Running) is { Status: Conditions.True, LastTransitionTime: { } since })
        {
            var end = new DateTimeOffset(since.ToUniversalTime()) + Silence;
            hasBegun = context.Now >= end;
            if (!hasBegun)
            {
                context.RequeueAt(end);
            }
        }

        if (hasBegun)
        {
            context.Status.Checkpoints = (context.Status.Checkpoints ?? new CheckpointsStatus()) with { Begun = true };
        }
    }

    /// <summary>Says so where the first attempt went on from a checkpoint that this job cannot have written.</summary>
    private static void NoteOrigin(PlanContext context, TrainerStatus report)
    {
        if (report is not { Attempt: 1, FirstStep: > 1 and var first } || context.Status.Progress is { Step: > 0 }
            || context.Status.Rollbacks.Count > 0)
        {
            return;
        }

        var told = context.Status.Checkpoints?.Message is { } message ? $" ({message})" : "";
        var origin = string.Create(CultureInfo.InvariantCulture,
            $"training went on from step {first - 1}, from a checkpoint that was there before this job{told}");
        context.Say(Reasons.KeptCheckpoints, origin);
        context.Status.Checkpoints = (context.Status.Checkpoints ?? new CheckpointsStatus()) with { Message = origin };
    }

    private static void Judge(PlanContext context, TrainerStatus report)
    {
        var state = report.StabilityState;
        switch (state)
        {
            case nameof(StabilityState.Healthy) when report.NotLearningSince is { } since:
                var message = string.Create(CultureInfo.InvariantCulture, $"training is stable, and has not learned since step {since}");
                if (context.Condition(ConditionTypes.Stable)?.Reason != Reasons.NotLearning)
                {
                    context.Warn(Reasons.NotLearning, message);
                }

                context.SetCondition(ConditionTypes.Stable, Conditions.True, Reasons.NotLearning, message);
                break;
            case nameof(StabilityState.Healthy):
                context.SetCondition(ConditionTypes.Stable, Conditions.True, state, "training is healthy");
                break;
            case nameof(StabilityState.Suspicious):
                context.SetCondition(ConditionTypes.Stable, Conditions.Unknown, state, "the last steps are out of the ordinary");
                break;
            case nameof(StabilityState.Unstable):
                context.SetCondition(ConditionTypes.Stable, Conditions.False, state, "training is unstable");
                break;
            default:
                // A gang that has only just begun says nothing about what was found before.
                break;
        }
    }
}
