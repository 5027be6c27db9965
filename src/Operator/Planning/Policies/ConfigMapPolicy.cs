using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>The job has its ConfigMap, and it says what the spec says; one that was deleted, changed or frozen is put right.</summary>
internal static class ConfigMapPolicy
{
    /// <summary>False: the gang cannot be made.</summary>
    public static bool Apply(PlanContext context)
    {
        if (context.Observed.ConfigMap is not { } map)
        {
            context.Create(ConfigMapManifest.For(context.Job));
            return true;
        }

        if (!Gang.IsOwned(map.Metadata, context.Job))
        {
            NameConflict.Note(context, "ConfigMap", map.Metadata);
            return false;
        }

        if (map.Data is not { } data || !data.TryGetValue(ConfigMapManifest.Key, out var text)
            || text != ConfigMapManifest.Configuration(context.Job))
        {
            if (map.Immutable == true || map.Metadata.DeletionTimestamp is not null)
            {
                // Somebody has frozen it, and it is ours: it is made anew. Pods that run keep what they have read.
                context.Delete(map);
                return false;
            }

            context.Apply(ConfigMapManifest.For(context.Job));
        }

        return true;
    }
}
