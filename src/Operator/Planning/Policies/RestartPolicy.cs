using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// A gang begins its next attempt as a whole. The decision is one status write: that attempt's number, in which pods, and why. From it
/// follow the orders to the pods that stay (<see cref="InPlacePolicy"/>), or the deletion of the old ones and, when all are gone, the new
/// ones (<see cref="GangPolicy"/>).
/// </summary>
internal static class RestartPolicy
{
    /// <summary>Restarts from the latest good checkpoint after a wait, or fails the job where no restart is left.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="reason">CamelCase.</param>
    /// <param name="message">What happened.</param>
    /// <param name="counted">Whether it takes one of <c>runPolicy.maxRestarts</c>.</param>
    /// <param name="tier">One of <see cref="RecoveryTiers"/>. In place there is no wait: it is not done twice without progress in
    /// between.</param>
    /// <param name="spread">By how much longer than <c>runPolicy.backoff</c> says it may wait, by chance.</param>
    public static void Restart(
        PlanContext context, string reason, string message, bool counted, string tier = RecoveryTiers.RecreateGang,
        TimeSpan spread = default)
    {
        var status = context.Status;
        var allowed = context.Spec.RunPolicy.MaxRestarts;
        var used = RestartBudget.Used(status, context.Spec.RunPolicy, context.Spec.Optimization.Steps);
        if (counted && used >= allowed)
        {
            FinishedPolicy.Fail(
                context,
                allowed == 0 ? (reason == Reasons.Hung ? Reasons.Hung : Reasons.WorkerFailed) : Reasons.MaxRestartsExceeded,
                allowed == 0
                    ? $"{message}; no restart is allowed (runPolicy.maxRestarts is 0)"
                    : $"{message}; {Counted.All(allowed, "restart", "is used up", "are used up")} (runPolicy.maxRestarts)");
            return;
        }

        if (counted)
        {
            used = RestartBudget.Take(status, used);
        }

        StepsLostPolicy.Note(context, counted ? StepsLostPolicy.Restart : StepsLostPolicy.Disruption);

        // What takes no restart waits longer each time, too, until a gang has come to run.
        status.FailedStarts = context.Is(ConditionTypes.Running) ? null : (status.FailedStarts ?? 0) + 1;
        var notBefore = NotBefore(context, Math.Max(used, status.FailedStarts ?? 0), spread);
        var count = counted ? string.Create(CultureInfo.InvariantCulture, $" (restart {used} of {allowed})") : "";
        var inPlace = tier == RecoveryTiers.RestartInPlace;
        context.Warn(Reasons.Restarting,
            $"{reason}: {message}; the whole gang starts again{(inPlace ? " in place" : "")} from {Origin(context)}{count}");
        NextGang(context, reason, message, inPlace ? null : notBefore, tier);
    }

    private static string Origin(PlanContext context) =>
        ClaimPolicy.IsLost(context) || ResumeChoice.Of(context.Status, context.Spec.Checkpoints.Resume) == ResumePoint.Start ? "the start"
        : context.Status.Checkpoints?.Latest is null ? "the latest good checkpoint, if there is one"
        : "the latest good checkpoint";

    /// <summary>When the pods of the next attempt may be made.</summary>
    /// <param name="context">The plan.</param>
    /// <param name="times">How often it was tried without progress, this time included.</param>
    /// <param name="spread">By how much longer than that it may be, by chance.</param>
    public static DateTimeOffset NotBefore(PlanContext context, int times, TimeSpan spread = default) =>
        context.Now + Backoff.Wait(context.Spec.RunPolicy.Backoff, Math.Max(1, times), context.Job.Metadata.Uid ?? "",
            context.Status.Attempt + 1, spread);

    /// <summary>
    /// Goes on to the next attempt, whose pods, where they are new, are made when <paramref name="notBefore"/> has come and all old pods
    /// are gone.
    /// </summary>
    public static void NextGang(PlanContext context, string reason, string message, DateTimeOffset? notBefore, string tier)
    {
        if (tier == RecoveryTiers.RestartInPlace)
        {
            context.NextAttempt(inPlace: true);
            context.Status.RestartNotBefore = null;
            context.SetCondition(ConditionTypes.Restarting, Conditions.True, reason, message);
            context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Restarting, "the processes begin again in their pods");
            return;
        }

        context.NextAttempt();
        context.Status.RestartNotBefore = notBefore?.UtcDateTime;
        context.SetCondition(ConditionTypes.Restarting, Conditions.True, reason, message);
        context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.Restarting, "a new gang is being made");
        context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Restarting, "a new gang is being made");
    }
}
