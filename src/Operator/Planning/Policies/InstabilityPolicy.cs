using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>What follows when the trainer has found training unstable (exit code 86): what <c>stability.response</c> says.</summary>
internal static class InstabilityPolicy
{
    /// <summary>What a learning rate is multiplied by where it is lowered although the job does not ask for it.</summary>
    private const double LowerRate = 0.5;

    public static void Apply(PlanContext context)
    {
        var verdict = FindVerdict(context)!;
        switch (context.Spec.Stability.Response)
        {
            case StabilityResponse.Fail:
                MarkUnstable(context, verdict);
                FinishedPolicy.Fail(context, Reasons.TrainingUnstable, Told(verdict));
                break;
            case StabilityResponse.Suspend:
                // The spec first: SuspensionPolicy records the verdict once the job reads as suspended.
                context.SuspendJob();
                break;
            case StabilityResponse.Observe:
                MarkUnstable(context, verdict);
                RestartPolicy.Restart(context, Reasons.UnstableObserved, Told(verdict), counted: true,
                    RestartTierPolicy.Choose(context, verdict.DetectedStep));
                break;
            default:
                RollBack(context, verdict);
                break;
        }
    }

    /// <summary>Keeps the verdict of a gang that is being suspended: it will go back when it is resumed.</summary>
    /// <returns>Whether there was one.</returns>
    public static bool RecordWhileSuspending(PlanContext context)
    {
        // How the processes of the attempt before have ended has been acted on.
        if (context.IsRestartingInPlace || FindVerdict(context) is not { } verdict
            || (context.Status.Rollbacks is [.., var last] && last.Attempt == context.Status.Attempt))
        {
            return false;
        }

        MarkUnstable(context, verdict);
        RollbackRecorder.Record(context, verdict, RecoveryTiers.RecreateGang);
        return true;
    }

    private static void RollBack(PlanContext context, Verdict verdict)
    {
        MarkUnstable(context, verdict);
        var policy = context.Spec.Stability.Rollback;
        var used = RollbackBudget.Used(context.Status, policy, verdict.OnsetStep);
        if (used >= policy.Limit)
        {
            var allowed = policy.Limit == 0
                ? "no rollback is allowed"
                : $"{Counted.Of(policy.Limit, "rollback")} {(policy.Limit == 1 ? "is" : "are")} allowed, and too few healthy steps have passed since the last";
            FinishedPolicy.Fail(context, Reasons.RollbackLimitExceeded, $"{Told(verdict)}; {allowed} (stability.rollback.limit)");
            return;
        }

        var inVain = RollbackBudget.InVain(context.Status, used, verdict.DetectedStep);
        var (tier, factor) = Rung(context, verdict);
        var record = RollbackRecorder.Record(context, verdict, tier, factor);
        var target = record.RestoredStep == 0 ? "from the start" : $"from step {record.RestoredStep}";
        var skipped = record.Skipped.Length == 0 ? "" : $", without data steps {record.Skipped}";
        var inPlace = tier == RecoveryTiers.RestartInPlace ? ", in place" : "";
        var slower = factor < 1
            ? string.Create(CultureInfo.InvariantCulture, $", at {factor} of the learning rate, since it came back where it had been") : "";
        var message = $"{Told(verdict)}; training goes on {target}{skipped}{inPlace}{slower}";
        context.Warn(Reasons.RolledBack, message);
        RestartPolicy.NextGang(context, Reasons.RolledBack, message, inVain == 0 ? null : RestartPolicy.NotBefore(context, inVain), tier);
    }

    /// <summary>
    /// How the job goes back. Where it had gone back from the same place before, what was done then was not enough, so that the next rung
    /// is taken: from the pods that were kept to new ones, and from those to a lower learning rate, each time again.
    /// </summary>
    /// <returns>One of <see cref="RecoveryTiers"/>, and the factor of the learning rate beside that of the job.</returns>
    private static (string Tier, double Factor) Rung(PlanContext context, Verdict verdict) =>
        context.Status.Rollbacks is not [.., var last] || verdict.OnsetStep > last.DetectedStep
            ? (RestartTierPolicy.Choose(context, verdict.DetectedStep), 1)
        : last.Tier == RecoveryTiers.RestartInPlace || context.Spec.Stability.Rollback.LearningRateFactor < 1
        ? (RecoveryTiers.RecreateGang, 1)
        : (RecoveryTiers.RecreateGang, LowerRate);

    /// <summary>
    /// The verdict of the lowest rank that has one; a stand-in where none can be read; null where no rank has ended with 86.
    /// </summary>
    private static Verdict? FindVerdict(PlanContext context)
    {
        var unstable = context.Gang.Current.Where(p => p.End?.ExitCode == ExitCode.Unstable).ToList();
        if (unstable.Count == 0)
        {
            return null;
        }

        if (unstable.Select(p => TerminationMessageReader.ReadVerdict(p.End!.Message, context.Spec))
            .FirstOrDefault(v => v is not null) is { } verdict)
        {
            return verdict;
        }

        // Without a verdict only what has proved healthy can be trusted; where nothing has, training starts again.
        var restore = context.Status.Checkpoints?.Verified ?? 0;
        var step = Math.Max(restore, context.Status.Progress?.Step ?? 0);
        return new Verdict
        {
            Reason = Reasons.VerdictUnreadable,
            Message = $"pod {unstable[0].Name} ended with {ExitCode.Unstable}, but its termination message holds no verdict of this job",
            DetectedStep = step,
            OnsetStep = step,
            RestoreStep = restore,
        };
    }

    private static void MarkUnstable(PlanContext context, Verdict verdict)
    {
        context.Status.Stability = (context.Status.Stability ?? new StabilityStatus()) with { State = nameof(StabilityState.Unstable) };
        context.SetCondition(ConditionTypes.Stable, Conditions.False, verdict.Reason, Told(verdict));
    }

    private static string Told(Verdict verdict)
    {
        var told = verdict.Reason == Reasons.VerdictUnreadable
            ? verdict.Reason
            : $"{verdict.Reason} found at step {verdict.DetectedStep}, begun at step {verdict.OnsetStep}";
        return verdict.Message.Length == 0 ? told : $"{told} ({verdict.Message})";
    }
}
