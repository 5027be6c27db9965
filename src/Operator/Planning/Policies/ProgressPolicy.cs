using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Takes over what rank 0 says. <c>progress</c> is rewritten only when the step has moved, so that its time tells a gang that hangs.</summary>
internal static class ProgressPolicy
{
    public static void Apply(PlanContext context)
    {
        if (context.Report is not { } report)
        {
            if (context.Condition(ConditionTypes.Stable) is null)
            {
                context.SetCondition(ConditionTypes.Stable, Conditions.Unknown, Reasons.NoReport, "the trainer has not reported yet");
            }

            return;
        }

        Take(context, report, context.Observed.Report!.ReadAt);
        Judge(context, report.StabilityState);
    }

    /// <summary>Takes over figures, checkpoints and what a recovery took.</summary>
    public static void Take(PlanContext context, TrainerStatus report, DateTimeOffset readAt)
    {
        var status = context.Status;
        if (status.Progress is null || status.Progress.Step != report.Step || status.Progress.TotalSteps != report.TotalSteps)
        {
            status.Progress = new ProgressStatus
            {
                Step = report.Step,
                TotalSteps = report.TotalSteps,
                // kubectl prints every digit.
                Loss = Finite(report.Loss) is { } loss ? Math.Round(loss, 4) : null,
                ValidationLoss = Finite(report.ValidationLoss) is { } validation ? Math.Round(validation, 4) : null,
                TokensPerSecond = Finite(report.TokensPerSecond) ?? 0,
                EtaSeconds = Finite(report.EtaSeconds),
                UpdatedAt = readAt.UtcDateTime,
            };
            status.Stability = new StabilityStatus { State = report.StabilityState, Gain = report.Gain };
        }

        if (report.LatestCheckpoint is not null || report.VerifiedCheckpoint is not null)
        {
            status.Checkpoints = new CheckpointsStatus { Latest = report.LatestCheckpoint, Verified = report.VerifiedCheckpoint };
        }

        RecoveryTimePolicy.Apply(context, report, readAt);
    }

    private static void Judge(PlanContext context, string state)
    {
        switch (state)
        {
            case "Healthy":
                context.SetCondition(ConditionTypes.Stable, Conditions.True, state, "training is healthy");
                break;
            case "Suspicious":
                context.SetCondition(ConditionTypes.Stable, Conditions.Unknown, state, "the last steps are out of the ordinary");
                break;
            case "Unstable":
                context.SetCondition(ConditionTypes.Stable, Conditions.False, state, "training is unstable");
                break;
            default:
                // A gang that has only just begun says nothing about what was found before.
                break;
        }
    }

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;
}
