using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// The end of a job, which is final: <c>Succeeded</c> or <c>Failed</c>, the time, and the pods that <c>runPolicy.cleanPods</c> does not
/// keep.
/// </summary>
internal static class FinishedPolicy
{
    public static bool IsFinished(PlanContext context) => context.Is(ConditionTypes.Succeeded) || context.Is(ConditionTypes.Failed);

    public static void Succeed(PlanContext context)
    {
        var message = Counted.All(context.Spec.Workers.Replicas, "worker", "is done", "are done");
        context.SetCondition(ConditionTypes.Succeeded, Conditions.True, Reasons.Succeeded, message);
        context.Say(Reasons.Succeeded, message);
        Finish(context);
    }

    public static void Fail(PlanContext context, string reason, string message)
    {
        context.SetCondition(ConditionTypes.Failed, Conditions.True, reason, message);
        context.Warn(Reasons.Failed, $"{reason}: {message}");
        Finish(context);
    }

    public static void Apply(PlanContext context)
    {
        var policy = context.Spec.RunPolicy.CleanPods;
        foreach (var pod in context.Gang.Current.Where(p => !p.HasEnded && IsKept(p, policy) && policy != CleanPods.None))
        {
            context.Stop(pod.Pod);
        }

        foreach (var pod in context.Gang.Current.Where(p => !IsKept(p, policy) && !IsAboutToFail(context, p)).Concat(context.Gang.Previous))
        {
            context.Delete(pod.Pod);
        }

        WorkerCountsPolicy.Follow(context);
        PodGroupPolicy.Clean(context, current: false);
    }

    private static void Finish(PlanContext context)
    {
        WorkerCountsPolicy.Apply(context);
        context.Status.FinishedAt = context.Now.UtcDateTime;
        context.Status.RestartNotBefore = null;
        context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Finished, "the job has finished");
        if (context.Is(ConditionTypes.Restarting))
        {
            context.SetCondition(ConditionTypes.Restarting, Conditions.False, Reasons.Finished, "the job has finished");
        }
    }

    /// <summary>Its process has ended, its container does not know yet that no other follows: it soon ends as its process did.</summary>
    private static bool IsAboutToFail(PlanContext context, WorkerPod pod)
    {
        if (context.Spec.RunPolicy.CleanPods is not (CleanPods.Running or CleanPods.AllButFailed)
            || pod is not { IsActive: true, IsSupervised: true, Phase: "Running" }
            || (pod.IsReady && pod.End is null) || context.Status.FinishedAt is not { } finished)
        {
            return false;
        }

        var end = new DateTimeOffset(finished.ToUniversalTime()).Plus(context.Observed.Options.GiveUpWait);
        if (context.Now >= end)
        {
            return false;
        }

        context.RequeueAt(end);
        return true;
    }

    /// <summary>Whether the pod stays for its logs. Where something in it has failed and something else runs on, that is stopped.</summary>
    private static bool IsKept(WorkerPod pod, CleanPods policy) => policy switch
    {
        CleanPods.None => true,
        CleanPods.Running => pod.HasEnded || pod.HasFailed,
        CleanPods.AllButFailed => pod.HasFailed,
        _ => false,
    };
}
