using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Names that the job needs belong to others: those objects are left alone, the job names all of them and looks again. What belongs to the
/// job of this name before goes with that job, so it is only waited for.
/// </summary>
internal static class NameConflict
{
    public static void Note(PlanContext context, string kind, V1ObjectMeta item) =>
        context.Note(new TakenName(kind, item.Name, IsPredecessors(context, item)));

    /// <summary>Whether an object belongs to a job of the same name that is not this one.</summary>
    public static bool IsPredecessors(PlanContext context, V1ObjectMeta item)
    {
        var job = context.Job.Metadata;
        return (item.OwnerReferences ?? []).Any(o => o is { Controller: true, Kind: MhcTrainingJob.KindName }
            && o.ApiVersion.StartsWith(MhcTrainingJob.Group + "/", StringComparison.Ordinal) && o.Name == job.Name && o.Uid != job.Uid);
    }

    /// <summary>Tells all that were noted, at once.</summary>
    public static void Tell(PlanContext context)
    {
        var others = context.Taken.Where(t => !t.IsPredecessors).ToList();
        var before = context.Taken.Where(t => t.IsPredecessors).ToList();
        if (others.Count + before.Count == 0)
        {
            return;
        }

        var waits = before.Count switch
        {
            0 => "",
            1 => $"{Names(before)} is of the job of this name before; waiting for it to go",
            _ => $"{Names(before)} are of the job of this name before; waiting for them to go",
        };
        var conflict = others.Count switch
        {
            0 => "",
            1 => $"{Names(others)} exists and belongs to somebody else; delete it or give the job another name",
            _ => $"{Names(others)} exist and belong to somebody else; delete them or give the job another name",
        };
        var reason = others.Count == 0 ? Reasons.AwaitingPredecessor : Reasons.NameConflict;
        var message = ConditionText.Message(string.Join(". ", new[] { conflict, waits }.Where(text => text.Length > 0)));
        if (context.Condition(ConditionTypes.GangScheduled) is not { } told || told.Reason != reason
            || (reason == Reasons.NameConflict && told.Message != message))
        {
            Say(context, reason, message);
        }

        context.SetCondition(ConditionTypes.GangScheduled, Conditions.False, reason, message);
        context.RequeueAt(context.Now + context.Observed.Options.RefusalRetry);
    }

    private static void Say(PlanContext context, string reason, string message)
    {
        if (reason == Reasons.NameConflict)
        {
            context.Warn(reason, message);
        }
        else
        {
            context.Say(reason, message);
        }
    }

    private static string Names(List<TakenName> names)
    {
        var all = names.Select(n => $"{n.Kind} {n.Name}").Order(StringComparer.Ordinal).ToList();
        return all.Count == 1 ? all[0] : $"{string.Join(", ", all.SkipLast(1))} and {all[^1]}";
    }
}
