using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Operator.Planning.Gangs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>The trainer's configuration: the job's own sections with all defaults, as one file.</summary>
internal static class ConfigMapManifest
{
    public const string Key = "trainer.json";

    public static JsonObject For(MhcTrainingJob job) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = ManifestMetadata.For(job, GangNames.ConfigMap(job.Metadata.Name)),
        ["data"] = new JsonObject { [Key] = Configuration(job) },
    };

    /// <summary>The text of the file; the same for the same job.</summary>
    public static string Configuration(MhcTrainingJob job)
    {
        var spec = job.Spec;
        return JsonSerializer.Serialize(
            new TrainerConfiguration
            {
                Job = job.Metadata.Name,
                Namespace = job.Metadata.NamespaceProperty ?? "default",
                Device = spec.Workers.Device,
                Model = spec.Model,
                Data = spec.Data with { Source = new DataSource { Path = DataPath(spec.Data.Source) } },
                Optimization = spec.Optimization,
                Parallelism = spec.Parallelism,
                Checkpoints = spec.Checkpoints,
                Stability = spec.Stability,
                Drills = spec.Drills,
            },
            ApiJsonContext.Default.TrainerConfiguration);
    }

    private static string? DataPath(DataSource source)
    {
        if (source.PersistentVolumeClaim is null && source.ConfigMap is null)
        {
            return source.Path;
        }

        return string.IsNullOrEmpty(source.Path) ? PodManifest.DataFolder : $"{PodManifest.DataFolder}/{source.Path.TrimStart('/')}";
    }
}
