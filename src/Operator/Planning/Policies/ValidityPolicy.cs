using MhcOperator.Api;
using MhcOperator.Api.Errors;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Nothing is made of a job that has errors, in its spec or in what is acted on in place of it; <c>Valid</c> names all its fields that are
/// wrong. Pods that already run are left alone.
/// </summary>
internal static class ValidityPolicy
{
    /// <summary>False: the job must not be acted on.</summary>
    public static bool Apply(PlanContext context)
    {
        var errors = Errors(context);
        var wasFor = context.Status.ObservedGeneration;
        context.Status.ObservedGeneration = context.Job.Metadata.Generation;
        if (errors.Count == 0)
        {
            if (context.RejectedChanges.Count > 0)
            {
                // A server that knows CEL refuses such a change. On one that does not, the job goes on as it was.
                Tell(context, Reasons.ChangeRejected, string.Join("; ", context.RejectedChanges));
                return true;
            }

            // What the cluster has rejected stays invalid until the spec changes or the cluster takes it.
            var rejected = context.Condition(ConditionTypes.Valid) is { Status: Conditions.False, Reason: Reasons.Rejected }
                && wasFor == context.Job.Metadata.Generation;
            if (!rejected || context.Gang.IsComplete)
            {
                context.SetCondition(ConditionTypes.Valid, Conditions.True, Reasons.Accepted, "the spec passes every rule");
            }

            return true;
        }

        Tell(context, Reasons.InvalidSpec, string.Join("; ", errors));
        return false;
    }

    private static IReadOnlyList<FieldError> Errors(PlanContext context)
    {
        var rules = context.Observed.Options.Templates;
        var errors = JobErrors.Of(context.Observed.Manifest, rules);
        return errors.Count > 0 ? errors
            : context.UnreadableSpec is { } unreadable ? [unreadable]
            : context.RejectedChanges.Count > 0 ? JobErrors.OfAccepted(context.Job, rules)
            : [];
    }

    private static void Tell(PlanContext context, string reason, string errors)
    {
        var message = ConditionText.Message(errors);
        if (context.Condition(ConditionTypes.Valid) is not { Status: Conditions.False } old || old.Message != message)
        {
            context.Warn(reason, message);
        }

        context.SetCondition(ConditionTypes.Valid, Conditions.False, reason, message);
    }
}
