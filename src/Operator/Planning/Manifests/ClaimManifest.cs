using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Gangs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// The claim for checkpoints, where the job names none. It belongs to the job only where it is to go with it, and says which job it was
/// made for.
/// </summary>
internal static class ClaimManifest
{
    public static JsonObject For(MhcTrainingJob job)
    {
        var volume = job.Spec.Checkpoints.Volume;
        var spec = new JsonObject
        {
            ["accessModes"] = JsonText.Array(volume.AccessModes),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = volume.Size } },
        };
        if (volume.StorageClassName is { } storageClass)
        {
            spec["storageClassName"] = storageClass;
        }

        var metadata = ManifestMetadata.For(job, GangNames.Claim(job.Metadata.Name), owned: volume.Policy == VolumePolicy.Delete);
        metadata["annotations"] = new JsonObject { [Annotations.MadeFor] = job.Metadata.Uid };
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "PersistentVolumeClaim",
            ["metadata"] = metadata,
            ["spec"] = spec,
        };
    }
}
