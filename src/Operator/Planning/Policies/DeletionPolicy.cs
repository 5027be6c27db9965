using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Nothing is made for a job that is being deleted, and its children go with it. Where somebody's finalizer keeps it, for however long, its
/// gang is stopped at once and the job says who keeps it: no deadline of the job would end that gang. Children that are to outlive the job
/// (<c>--cascade=orphan</c>) are left alone.
/// </summary>
internal static class DeletionPolicy
{
    private const string Foreground = "foregroundDeletion";
    private const string Orphan = "orphan";

    /// <summary>False: there is nothing to be done.</summary>
    public static bool Apply(PlanContext context)
    {
        var keepers = (context.Job.Metadata.Finalizers ?? []).Where(f => f != Foreground).ToList();
        if (keepers.Count == 0 || keepers.Contains(Orphan) || FinishedPolicy.IsFinished(context))
        {
            return false;
        }

        foreach (var pod in context.Gang.Current.Concat(context.Gang.Previous).Where(p => !p.IsTerminal))
        {
            context.Delete(pod.Pod);
        }

        PodGroupPolicy.Clean(context, current: false);
        WorkerCountsPolicy.Apply(context);
        var keeper = $"{string.Join(" and ", keepers)} {(keepers.Count == 1 ? "is" : "are")}";
        var message = $"the job is being deleted and its gang is stopped; the job stays until {keeper} taken from its metadata.finalizers";
        if (context.Condition(ConditionTypes.Running) is not { Reason: Reasons.Deleting })
        {
            context.Say(Reasons.Deleting, message);
        }

        context.Status.RestartNotBefore = null;
        context.SetCondition(ConditionTypes.Running, Conditions.False, Reasons.Deleting, message);
        context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, Reasons.Deleting, message);
        if (context.Is(ConditionTypes.Restarting))
        {
            context.SetCondition(ConditionTypes.Restarting, Conditions.False, Reasons.Deleting, message);
        }

        return true;
    }
}
