using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// What follows when a worker has failed. The strongest code of any rank decides: 78 and 65 end the job, 86 takes it back, and everything
/// else is the infrastructure's and restarts the whole gang: so is whatever another container than a rank's ends with. A trainer's own
/// error (70) that comes again, without progress since, is none that a restart helps against. A rank that lost its peer ends with 75, often
/// before the peer's own code is seen, so a gang in which only such ranks have ended is given a moment.
/// </summary>
internal static class FailurePolicy
{
    /// <summary>True: a decision was taken.</summary>
    public static bool Apply(PlanContext context)
    {
        var gang = context.Gang;
        var failed = gang.Current.Where(p => p.End is not null).OrderBy(p => PodEndReader.Strength(p.End!.ExitCode)).ToList();
        if (failed.Count == 0)
        {
            return context.GangWasComplete && !gang.IsComplete && RestartLost(context);
        }

        var (pod, end) = (failed[0].Name, failed[0].End!);
        switch (end.ExitCode)
        {
            case ExitCode.ConfigurationWrong:
                FinishedPolicy.Fail(context, Reasons.ConfigurationInvalid, Told(pod, end));
                return true;
            case ExitCode.DataUnreadable:
                FinishedPolicy.Fail(context, Reasons.DataUnreadable, Told(pod, end));
                return true;
            case ExitCode.Unstable:
                InstabilityPolicy.Apply(context);
                return true;
            default:
                return !IsWorthWaiting(context, failed) && Restart(context, failed);
        }
    }

    private static bool IsWorthWaiting(PlanContext context, List<WorkerPod> failed)
    {
        var othersMayTell = context.Gang.Current.Any(
            p => p is { IsActive: true, IsDone: false } && (p.End is null || (p.End.Held && !p.IsHeld)));
        if (!othersMayTell || failed.Exists(p => p.End!.ExitCode != ExitCode.TryAgain) || failed.Min(p => p.End!.At) is not { } first)
        {
            return false;
        }

        // A clock that is ahead, or says anything at all, is not waited for.
        if (first > context.Now + context.Observed.Options.DecisiveCodeWait)
        {
            return false;
        }

        var until = first.Plus(context.Observed.Options.DecisiveCodeWait);
        if (context.Now >= until)
        {
            return false;
        }

        context.RequeueAt(until);
        return true;
    }

    private static bool Restart(PlanContext context, List<WorkerPod> failed)
    {
        // A deleted or killed worker is the cause of its peers' 75, so it is the one to name.
        var cause = failed.Find(p => p.End!.ExitCode != ExitCode.TryAgain) ?? failed[0];
        var end = cause.End!;
        if (failed.Find(p => p.End!.Disrupted || IsDrained(context, p)) is { } taken)
        {
            var (reason, what) = PodDisruption.IsRefused(taken.Pod)
                ? (Reasons.WorkerRefused, "a node has not taken a worker")
                : (Reasons.WorkerDisrupted, "the cluster has taken a worker away");
            RestartPolicy.Restart(context, reason, $"{what}: {Told(taken.Name, taken.End!)}", counted: false);
        }
        else if (failed.Find(p => p.End!.ExitCode == ExitCode.Unforeseen) is { } error && IsRepeated(context, error.End!))
        {
            var step = string.Create(CultureInfo.InvariantCulture, $"{context.Status.UnforeseenAtStep}");
            var before = $"the trainer had ended with 70 at step {step} before, and has come no further since";
            FinishedPolicy.Fail(context, Reasons.TrainerError, $"{Told(error.Name, error.End!)}; {before}");
        }
        else
        {
            var reason = end is { ExitCode: null, Other: null } ? Reasons.WorkerLost : Reasons.WorkerFailed;
            RestartPolicy.Restart(context, reason, Told(cause.Name, end), counted: true, RestartTierPolicy.Choose(context));
        }

        return true;
    }

    /// <summary>
    /// Notes how far training had come when the trainer ended by an error of its own. A trainer that reports no steps has perhaps come
    /// further than it says; ours says so by the reason that it leaves.
    /// </summary>
    /// <returns>Whether it had ended so before, and has come no further since.</returns>
    private static bool IsRepeated(PlanContext context, PodEnd end)
    {
        if (context.Status.Progress is null && TerminationMessageReader.Read(end.Message)?.Reason != Reasons.TrainerError)
        {
            return false;
        }

        var (before, now) = (context.Status.UnforeseenAtStep, FurthestStep.Of(context.Status));
        context.Status.UnforeseenAtStep = Math.Max(before ?? 0, now);
        return now <= before;
    }

    /// <summary>A pod that is deleted from a node that is being drained, or has gone, was taken away, though nobody says so.</summary>
    private static bool IsDrained(PlanContext context, WorkerPod pod) =>
        pod is { IsLeaving: true, End.ExitCode: null } && pod.Pod.Spec?.NodeName is { } node
            && context.Observed.Nodes.TryGetValue(node, out var state) && (state.IsCordoned || state.IsGone);

    private static bool RestartLost(PlanContext context)
    {
        var name = GangNames.Pod(context.Job.Metadata.Name, GangAttempt.Of(context.Status), context.Gang.Missing[0]);
        var how = context.Gang.Previous.Any(p => p.Name == name) ? "was taken out of the gang (a label of it was changed) and is deleted"
            : context.Gang.Foreign.Any(p => p.Metadata.Name == name) ? "was taken out of the gang (its owner was changed)"
            : "is gone";
        RestartPolicy.Restart(context, Reasons.WorkerLost, $"pod {name} {how}", counted: true);
        return true;
    }

    private static string Told(string pod, PodEnd end)
    {
        var message = TerminationMessageReader.Read(end.Message) is { } told ? $"{told.Reason}: {told.Message}" : end.Message.Trim();
        var how = (end.ExitCode, end.Other) switch
        {
            ({ } code, _) => string.Create(CultureInfo.InvariantCulture, $" ended with {code} ({end.Reason})"),
            (_, { } other) => string.Create(CultureInfo.InvariantCulture, $", {other.Container} ended with {other.Code} ({end.Reason})"),
            _ => $" has ended ({end.Reason})",
        };
        return message.Length == 0 ? $"pod {pod}{how}" : $"pod {pod}{how}: {message}";
    }
}
