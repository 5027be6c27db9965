using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// The job has its claim for checkpoints. One that is there and belongs to nobody is used: it was retained from a job of this name, or made by hand.
/// </summary>
internal static class ClaimPolicy
{
    /// <summary>False: the gang cannot be made.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Spec.Checkpoints.Volume.ClaimName is not null)
        {
            return true;
        }

        if (context.Observed.Claim is not { } claim)
        {
            context.Create(ClaimManifest.For(context.Job));
            return true;
        }

        if (!(claim.Metadata.OwnerReferences ?? []).Any(o => o.Controller == true) || Gang.IsOwned(claim.Metadata, context.Job))
        {
            return true;
        }

        NameConflict.Tell(context, "PersistentVolumeClaim", claim.Metadata.Name);
        return false;
    }
}
