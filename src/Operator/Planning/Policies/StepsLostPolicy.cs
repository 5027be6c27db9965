using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Counts steps that have to be done again. How many a rollback gives up is known at once. How far a restart falls back is known when the
/// next gang has done its first step: until then the status holds from where.
/// </summary>
internal static class StepsLostPolicy
{
    public const string Rollback = "Rollback";
    public const string Restart = "Restart";
    public const string Disruption = "Disruption";
    public const string Suspension = "Suspension";

    /// <summary>
    /// Training ends where it is, and will go on from a checkpoint. Where it has not gone on since it ended before, nothing more is lost.
    /// </summary>
    public static void Note(PlanContext context, string cause)
    {
        var lost = context.Status.StepsLost;
        if (lost?.FromStep is null && context.Status.Progress is { Step: > 0 and var step })
        {
            context.Status.StepsLost = (lost ?? new StepsLostStatus()) with { FromStep = step, Cause = cause };
        }
    }

    /// <summary>Training goes back to a step. The checkpoint of it may be gone by then: the next gang says so.</summary>
    public static void GoBack(PlanContext context, RollbackRecord record)
    {
        var lost = context.Status.StepsLost ?? new StepsLostStatus();
        context.Status.StepsLost =
            Add(lost, Rollback, record.DetectedStep - record.RestoredStep) with { FromStep = record.RestoredStep, Cause = Rollback };
    }

    /// <summary>A gang says which step was its first.</summary>
    public static void Settle(PlanContext context, TrainerStatus report)
    {
        if (context.Status.StepsLost is { FromStep: { } from } lost && report.FirstStep is { } first
            && report.Attempt == context.Status.Attempt)
        {
            context.Status.StepsLost = Add(lost, lost.Cause, from - (first - 1)) with { FromStep = null, Cause = null };
        }
    }

    private static StepsLostStatus Add(StepsLostStatus lost, string? cause, int steps) => (cause, Math.Max(0, steps)) switch
    {
        (Rollback, var n) => lost with { Rollback = lost.Rollback + n },
        (Disruption, var n) => lost with { Disruption = lost.Disruption + n },
        (Suspension, var n) => lost with { Suspension = lost.Suspension + n },
        (_, var n) => lost with { Restart = lost.Restart + n },
    };
}
