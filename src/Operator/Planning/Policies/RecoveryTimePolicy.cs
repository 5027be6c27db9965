using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Once the gang after a rollback has done a step, tells how long the recovery took: from the detection to that step.</summary>
internal static class RecoveryTimePolicy
{
    public static void Apply(PlanContext context, TrainerStatus report, DateTimeOffset readAt)
    {
        var rollbacks = context.Status.Rollbacks;
        if (rollbacks.Count == 0 || rollbacks[^1] is not { Seconds: null, DetectedAt: { } detected } last || last.Attempt >= report.Attempt
            || report.FirstStep is null)
        {
            return;
        }

        // The trainer's clock is another machine's: a difference cannot be less than nothing, nor more than until it was heard of.
        var first = report.FirstStepAt?.ToUniversalTime() ?? readAt.UtcDateTime;
        var most = (readAt.UtcDateTime - detected.ToUniversalTime()).TotalSeconds;
        var seconds = Math.Clamp((first - detected.ToUniversalTime()).TotalSeconds, 0, Math.Max(0, most));
        context.Status.Rollbacks = [.. rollbacks.SkipLast(1), last with { Seconds = Math.Round(seconds, 1) }];
    }
}
