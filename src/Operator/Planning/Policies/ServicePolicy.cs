using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>The job has its headless Service; one that was deleted is made again.</summary>
internal static class ServicePolicy
{
    /// <summary>False: the gang cannot be made.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Observed.Service is not { } service)
        {
            context.Create(ServiceManifest.For(context.Job));
            return true;
        }

        if (Gang.IsOwned(service.Metadata, context.Job))
        {
            return true;
        }

        NameConflict.Note(context, "Service", service.Metadata);
        return false;
    }
}
