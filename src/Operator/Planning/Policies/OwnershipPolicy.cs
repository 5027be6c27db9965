using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Whether the job is ours to act on: not where <c>managedBy</c> names somebody else.</summary>
internal static class OwnershipPolicy
{
    public static bool IsOurs(PlanContext context) =>
        string.Equals(context.Spec.ManagedBy, MhcTrainingJob.ManagedByThisOperator, StringComparison.Ordinal);
}
