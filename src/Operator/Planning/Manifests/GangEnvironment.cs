using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Gangs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>The contract's environment of one rank.</summary>
internal static class GangEnvironment
{
    public static JsonArray For(MhcTrainingJob job, MhcTrainingJobStatus status, int worker, int localRank, bool takeOver,
        string? secret = null)
    {
        var name = job.Metadata.Name;
        var workers = job.Spec.Workers;
        var environment = new JsonArray();
        foreach (var variable in job.Spec.Trainer.Env ?? [])
        {
            Add(variable.Name, VariableReferences.Escape(variable.Value));
        }

        Add(TrainerEnvironment.MasterAddress, $"{GangNames.Pod(name, status.Attempt, 0)}.{GangNames.Service(name)}");
        Add(TrainerEnvironment.MasterPort, Text(TrainerPorts.Rendezvous));
        Add(TrainerEnvironment.WorldSize, Text(workers.Replicas * workers.DevicesPerWorker));
        Add(TrainerEnvironment.Rank, Text((worker * workers.DevicesPerWorker) + localRank));
        Add(TrainerEnvironment.LocalRank, Text(localRank));
        Add(TrainerEnvironment.LocalWorldSize, Text(workers.DevicesPerWorker));
        Add(TrainerEnvironment.NodeCount, Text(workers.Replicas));
        Add(TrainerEnvironment.NodeRank, Text(worker));
        Add(TrainerEnvironment.Job, name);
        Add(TrainerEnvironment.Namespace, job.Metadata.NamespaceProperty ?? "default");
        if (job.Metadata.CreationTimestamp is { } since)
        {
            Add(TrainerEnvironment.JobSince,
                new DateTimeOffset(since.ToUniversalTime()).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        }

        if (secret is not null)
        {
            Add(TrainerEnvironment.GangSecret, secret);
        }

        Add(TrainerEnvironment.Configuration, $"{PodManifest.ConfigurationFolder}/{ConfigMapManifest.Key}");
        Add(TrainerEnvironment.CheckpointFolder, PodManifest.CheckpointFolder);
        foreach (var (variable, value) in OfAttempt(job, status, takeOver))
        {
            Add(variable, value);
        }

        Add(TrainerEnvironment.StatusPort, Text(TrainerPorts.Status));
        return environment;

        void Add(string variable, string value) => environment.Add((JsonNode)new JsonObject { ["name"] = variable, ["value"] = value });
    }

    /// <summary>What differs from attempt to attempt; the same for all ranks.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> OfAttempt(MhcTrainingJob job, MhcTrainingJobStatus status, bool takeOver) =>
    [
        new(TrainerEnvironment.Attempt, Text(status.Attempt)),
        new(TrainerEnvironment.TakeOver, EnvironmentFlag.Render(takeOver)),
        new(TrainerEnvironment.ResumeStep, ResumeChoice.Of(status, job.Spec.Checkpoints.Resume).ToString()),
        new(TrainerEnvironment.SkipWindows, DataWindow.FormatList(status.Rollbacks.Select(r => r.Skipped))),
        new(TrainerEnvironment.LearningRateFactor,
            (status.Rollbacks is [.., var last] ? last.LearningRateFactor : 1).ToString("R", CultureInfo.InvariantCulture)),
        // A node may show the file of before for a minute or more.
        new(TrainerEnvironment.ConfigurationHash,
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ConfigMapManifest.Configuration(job))))),
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
