using System.Text.Json.Nodes;
using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>Metadata of what a job owns.</summary>
internal static class ManifestMetadata
{
    public static JsonObject For(MhcTrainingJob job, string name, bool owned = true)
    {
        var metadata = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = job.Metadata.NamespaceProperty,
            ["labels"] = new JsonObject { [Labels.Job] = job.Metadata.Name },
        };
        if (owned)
        {
            metadata["ownerReferences"] = OwnerReferences(job);
        }

        return metadata;
    }

    /// <summary>The job as the controller, so that its children go with it, and first where it is deleted in the foreground.</summary>
    public static JsonArray OwnerReferences(MhcTrainingJob job) => new(new JsonObject
    {
        ["apiVersion"] = $"{MhcTrainingJob.Group}/{MhcTrainingJob.Version}",
        ["kind"] = MhcTrainingJob.KindName,
        ["name"] = job.Metadata.Name,
        ["uid"] = job.Metadata.Uid,
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    });
}
