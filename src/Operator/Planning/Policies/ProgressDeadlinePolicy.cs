using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// A running gang whose step does not move for <c>runPolicy.progressDeadlineSeconds</c> hangs: its processes are asked where they stand,
/// and it is restarted. The clock runs from the last step that was seen or from the moment at which all pods ran, whichever is later, so
/// that waiting for a node or an image is no hang.
/// </summary>
internal static class ProgressDeadlinePolicy
{
    /// <summary>True: the gang hangs, and a decision was taken.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Spec.RunPolicy.ProgressDeadlineSeconds is not { } seconds
            || context.Condition(ConditionTypes.Running) is not { Status: Conditions.True, LastTransitionTime: { } runningSince })
        {
            return false;
        }

        var since = context.Status.Progress?.UpdatedAt is { } moved && moved.ToUniversalTime() > runningSince.ToUniversalTime() ? moved
            : runningSince;
        var end = new DateTimeOffset(since.ToUniversalTime()).PlusSeconds(seconds);
        if (context.Now < end)
        {
            context.RequeueAt(end);
            return false;
        }

        foreach (var pod in context.Gang.Current.Where(p => p.IsActive))
        {
            context.AskForDump(pod.Pod);
        }

        var step = context.Status.Progress?.Step ?? 0;
        var message = $"no step after step {step} within {Counted.Of(seconds, "second")} (runPolicy.progressDeadlineSeconds)";
        RestartPolicy.Restart(context, Reasons.Hung, message, counted: true);
        return true;
    }
}
