using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// The object that makes a scheduler place all pods of one attempt or none, in the form that the cluster's API wants. Each attempt has one
/// of its own, so that what a scheduler has noted of an earlier gang never counts for the next.
/// </summary>
internal static class PodGroupManifest
{
    /// <summary>Volcano's queue, where the job's template names one; Kueue's queue is another thing.</summary>
    private const string VolcanoQueue = "scheduling.volcano.sh/queue-name";

    public static JsonObject For(MhcTrainingJob job, int attempt, ApiSupport api)
    {
        var metadata = ManifestMetadata.For(job, GangNames.PodGroup(job.Metadata, attempt));
        metadata["labels"]![Labels.Attempt] = attempt.ToString(CultureInfo.InvariantCulture);
        return new JsonObject
        {
            ["apiVersion"] = api.ApiVersion,
            ["kind"] = api.Kind,
            ["metadata"] = metadata,
            ["spec"] = job.Spec.Scheduling.Gang switch
            {
                GangKind.Coscheduling => Coscheduling(job),
                GangKind.Volcano => Volcano(job),
                _ when api.Kind == "Workload" => Workload(job),
                _ => Native(job, api.ApiVersion!),
            },
        };
    }

    private static JsonObject Coscheduling(MhcTrainingJob job) => new()
    {
        ["minMember"] = job.Spec.Workers.Replicas,
        ["scheduleTimeoutSeconds"] = job.Spec.Scheduling.TimeoutSeconds,
    };

    private static JsonObject Volcano(MhcTrainingJob job)
    {
        var spec = new JsonObject { ["minMember"] = job.Spec.Workers.Replicas };
        if (job.Spec.Workers.Template?["metadata"]?["annotations"]?[VolcanoQueue] is { } queue)
        {
            spec["queue"] = queue.DeepClone();
        }

        return WithPriority(spec, job);
    }

    // KEP-4671 in Kubernetes 1.35: the groups are part of the Workload, and pods name both.
    private static JsonObject Workload(MhcTrainingJob job) => new()
    {
        ["controllerRef"] = new JsonObject
        {
            ["apiGroup"] = MhcTrainingJob.Group,
            ["kind"] = MhcTrainingJob.KindName,
            ["name"] = job.Metadata.Name
        },
        ["podGroups"] = new JsonArray(new JsonObject { ["name"] = GangMarks.WorkloadGroup, ["policy"] = AllOrNone(job) }),
    };

    private static JsonObject Native(MhcTrainingJob job, string apiVersion)
    {
        var spec = new JsonObject { ["schedulingPolicy"] = AllOrNone(job) };
        return apiVersion.EndsWith("/v1alpha2", StringComparison.Ordinal) ? spec : WithPriority(spec, job); // v1alpha2 takes the pods' own
    }

    private static JsonObject AllOrNone(MhcTrainingJob job) =>
        new() { ["gang"] = new JsonObject { ["minCount"] = job.Spec.Workers.Replicas } };

    private static JsonObject WithPriority(JsonObject spec, MhcTrainingJob job)
    {
        if (job.Spec.Scheduling.PriorityClassName is { } priority)
        {
            spec["priorityClassName"] = priority;
        }

        return spec;
    }
}
