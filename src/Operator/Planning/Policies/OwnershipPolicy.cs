using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Whether the job is ours to act on: not where <c>managedBy</c> names somebody else, and not while it is being deleted (its children go with it).</summary>
internal static class OwnershipPolicy
{
    public static bool IsOurs(PlanContext context) =>
        context.Job.Metadata.DeletionTimestamp is null
        && string.Equals(context.Spec.ManagedBy, MhcTrainingJob.ManagedByThisOperator, StringComparison.Ordinal);
}
