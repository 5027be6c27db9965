using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Nothing is made of a job that has errors; <c>Valid</c> names all its fields that are wrong. Pods that already run are left alone.</summary>
internal static class ValidityPolicy
{
    /// <summary>False: the job must not be acted on.</summary>
    public static bool Apply(PlanContext context)
    {
        var errors = context.Observed.Manifest.Errors;
        var wasFor = context.Status.ObservedGeneration;
        context.Status.ObservedGeneration = context.Job.Metadata.Generation;
        if (errors.Count == 0 && context.Observed.Manifest.Job is not null)
        {
            // What the cluster has rejected stays invalid until the spec changes or the cluster takes it.
            var rejected = context.Condition(ConditionTypes.Valid) is { Status: Conditions.False, Reason: Reasons.Rejected } && wasFor == context.Job.Metadata.Generation;
            if (!rejected || context.Gang.IsComplete)
            {
                context.SetCondition(ConditionTypes.Valid, Conditions.True, Reasons.Accepted, "the spec passes every rule");
            }

            return true;
        }

        var message = ConditionText.Message(errors.Count == 0 ? "the manifest could not be read" : string.Join("; ", errors));
        if (context.Condition(ConditionTypes.Valid) is not { Status: Conditions.False } old || old.Message != message)
        {
            context.Warn(Reasons.InvalidSpec, message);
        }

        context.SetCondition(ConditionTypes.Valid, Conditions.False, Reasons.InvalidSpec, message);
        return false;
    }
}
