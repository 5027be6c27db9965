using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Gangs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// What a worker sees in its file system: its configuration, the gang's checkpoints, the data, and shared memory between its ranks.
/// </summary>
internal static class PodVolumes
{
    public static JsonArray Volumes(MhcTrainingJob job)
    {
        var name = job.Metadata.Name;
        var volume = job.Spec.Checkpoints.Volume;
        var volumes = new JsonArray(
            new JsonObject { ["name"] = "config", ["configMap"] = new JsonObject { ["name"] = GangNames.ConfigMap(name) } },
            Claim("checkpoints", volume.ClaimName ?? GangNames.Claim(name)),
            new JsonObject { ["name"] = "shm", ["emptyDir"] = new JsonObject { ["medium"] = "Memory" } });
        var source = job.Spec.Data.Source;
        if (source.PersistentVolumeClaim is { } claim)
        {
            volumes.Add((JsonNode)Claim("data", claim.ClaimName));
        }
        else if (source.ConfigMap is { } map)
        {
            volumes.Add((JsonNode)new JsonObject { ["name"] = "data", ["configMap"] = new JsonObject { ["name"] = map.Name } });
        }

        return volumes;
    }

    public static JsonArray Mounts(MhcTrainingJob job)
    {
        var mounts = new JsonArray(
            Mount("config", PodManifest.ConfigurationFolder, subPath: null, readOnly: true),
            Mount("checkpoints", PodManifest.CheckpointFolder, job.Spec.Checkpoints.Volume.SubPath, readOnly: false),
            Mount("shm", "/dev/shm", subPath: null, readOnly: false));
        var source = job.Spec.Data.Source;
        if (source.PersistentVolumeClaim is not null || source.ConfigMap is not null)
        {
            mounts.Add((JsonNode)Mount("data", PodManifest.DataFolder, source.PersistentVolumeClaim?.SubPath, readOnly: true));
        }

        return mounts;
    }

    private static JsonObject Claim(string volume, string claim) =>
        new() { ["name"] = volume, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = claim } };

    private static JsonObject Mount(string volume, string path, string? subPath, bool readOnly)
    {
        var mount = new JsonObject { ["name"] = volume, ["mountPath"] = path };
        if (!string.IsNullOrEmpty(subPath))
        {
            mount["subPath"] = subPath;
        }

        if (readOnly)
        {
            mount["readOnly"] = true;
        }

        return mount;
    }
}
