using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// The job has its NetworkPolicy, where the operator is to make one. Where it may not, no pod is made: whoever has asked for that wants no
/// pod that everybody can reach. A gang that runs already goes on, and gets its policy as soon as that can be made.
/// </summary>
internal static class NetworkPolicyPolicy
{
    /// <summary>False: the gang cannot be made.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Observed.Options.JobNetwork is not { } network)
        {
            return true;
        }

        if (!NeededApi.IsThere(context, context.Observed.NetworkPolicies))
        {
            return false;
        }

        if (context.Observed.NetworkPolicy is not { } policy)
        {
            context.Create(NetworkPolicyManifest.For(context.Job, network));
            return true;
        }

        if (!Gang.IsOwned(policy.Metadata, context.Job))
        {
            NameConflict.Note(context, "NetworkPolicy", policy.Metadata);
            return false;
        }

        if (!policy.Says(NetworkPolicyManifest.Spec(context.Job.Metadata.Name, network)))
        {
            context.Apply(NetworkPolicyManifest.For(context.Job, network));
        }

        return true;
    }
}
