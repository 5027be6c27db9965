using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// Whether the next gang may begin beside a pod of the one before that cannot be reached. <c>mhc-trainer</c> keeps a lease on the
/// checkpoint folder: a new attempt claims the folder there, waits until the lease of every older process must have run out, and says so in
/// its status. Nothing of that passes through the API server, so it holds for a pod of which nobody hears. Other trainers are not known to
/// do that. A volume that one node has to itself the new gang could not even open.
/// </summary>
internal static class FolderLease
{
    private const string SharedAccess = "ReadWriteMany";

    /// <param name="context">The plan.</param>
    /// <param name="pod">Of an earlier attempt.</param>
    public static bool IsKeptBy(PlanContext context, WorkerPod pod)
    {
        var (job, options) = (context.Job, context.Observed.Options);
        return IsShared(job.Spec.Checkpoints.Volume)
            && AreOurs(Containers(pod), options)
            && AreOurs(NextContainers(job, context.Status, options), options);
    }

    private static IEnumerable<(string? Image, int Command)> Containers(WorkerPod pod) =>
        (pod.Pod.Spec?.Containers ?? []).Where(c => pod.Ranks.Contains(c.Name, StringComparer.Ordinal))
            .Select(c => ((string?)c.Image, c.Command?.Count ?? 0));

    // The template may name another image than the job does.
    private static IEnumerable<(string? Image, int Command)> NextContainers(MhcTrainingJob job, MhcTrainingJobStatus status,
        OperatorOptions options)
    {
        var containers = PodManifest.For(job, status, 0, options)["spec"]!["containers"]!.AsArray().OfType<JsonObject>().ToList();
        var ranks = RankContainers.Among(containers.Select(c => (string?)c["name"]), job.Spec.Workers.DevicesPerWorker);
        return containers.Where(c => ranks.Contains((string?)c["name"], StringComparer.Ordinal))
            .Select(c => ((string?)c["image"], (c["command"] as JsonArray)?.Count ?? 0));
    }

    private static bool AreOurs(IEnumerable<(string? Image, int Command)> trainers, OperatorOptions options)
    {
        var all = trainers.ToList();
        return all.Count > 0 && all.TrueForAll(t => t.Image == options.TrainerImage && t.Command == 0);
    }

    private static bool IsShared(CheckpointVolume volume) =>
        volume.ClaimName is not null || volume.AccessModes.Contains(SharedAccess, StringComparer.Ordinal);
}
