using System.Net;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// What the cluster has refused is not tried again at once: the job says what was refused and why, and waits. A name that is taken is a
/// conflict; an object that the cluster finds invalid means that the spec (its template) is; anything else is a matter of permission or
/// quota.
/// </summary>
internal static class RefusalPolicy
{
    /// <summary>False: the gang cannot be made now.</summary>
    public static bool Apply(PlanContext context)
    {
        var refusals = context.Observed.Refusals.Where(
            r => r.IsOfCreation && !(r.IsUnexplained && r.Times == 1) && r.Generation == context.Job.Metadata.Generation).ToList();
        if (refusals.Count == 0 || context.Gang.IsComplete)
        {
            return true;
        }

        var again = refusals.Max(r => r.Again(context.Observed.Options));
        if (again <= context.Now && refusals.TrueForAll(r => r.IsTold))
        {
            return true;
        }

        // pods are refused in any order: the same one is named each time
        var refusal = refusals.OrderBy(r => r.Kind, StringComparer.Ordinal).ThenBy(r => r.Name, StringComparer.Ordinal).First();
        var message = ConditionText.Message(refusal.Text);
        switch (refusal.Status)
        {
            case HttpStatusCode.Conflict when IsTaken(refusal):
                foreach (var taken in refusals.Where(IsTaken))
                {
                    context.Note(new TakenName(taken.Kind, taken.Name, IsPredecessors: false));
                }

                break;
            case HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest:
                Tell(context, ConditionTypes.Valid, Reasons.Rejected, message);
                break;
            default:
                Tell(context, ConditionTypes.GangScheduled, Reasons.NotAllowed, message);
                break;
        }

        context.RequeueAt(again);
        return false;
    }

    private static bool IsTaken(Refusal refusal) =>
        refusal is { Status: HttpStatusCode.Conflict, Write: WriteKind.Create, IsUnexplained: false };

    private static void Tell(PlanContext context, string type, string reason, string message)
    {
        if (context.Condition(type) is not { Status: Conditions.False } told || told.Reason != reason || told.Message != message)
        {
            context.Warn(reason, message);
        }

        context.SetCondition(type, Conditions.False, reason, message);
    }
}
