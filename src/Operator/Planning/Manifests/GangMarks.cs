using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>What a pod carries so that its scheduler and its queue know the gang it belongs to.</summary>
internal static class GangMarks
{
    /// <summary>Name of the one group in a Workload of scheduling.k8s.io/v1alpha1.</summary>
    public const string WorkloadGroup = "workers";

    private const string CoschedulingGroup = "scheduling.x-k8s.io/pod-group";
    private const string VolcanoGroup = "scheduling.k8s.io/group-name";
    private const string VolcanoScheduler = "volcano";
    private const string KueueQueue = "kueue.x-k8s.io/queue-name";
    private const string KueueGroup = "kueue.x-k8s.io/pod-group-name";
    private const string KueueCount = "kueue.x-k8s.io/pod-group-total-count";
    private const string KueueRetriable = "kueue.x-k8s.io/retriable-in-group";

    /// <summary>What the job's template may change: the scheduler's name, since Volcano may run under another.</summary>
    public static void Propose(JsonObject podSpec, SchedulingSpec scheduling)
    {
        if (scheduling.Gang == GangKind.Volcano)
        {
            podSpec["schedulerName"] = VolcanoScheduler;
        }
    }

    /// <summary>What it may not change.</summary>
    public static void Enforce(JsonObject pod, MhcTrainingJob job, int attempt, ApiSupport api)
    {
        var group = GangNames.PodGroup(job.Metadata, attempt);
        switch (job.Spec.Scheduling.Gang)
        {
            case GangKind.Coscheduling:
                Set(pod, "labels", CoschedulingGroup, group);
                break;
            case GangKind.Volcano:
                Set(pod, "annotations", VolcanoGroup, group);
                break;
            case GangKind.Native when api.Kind == "Workload":
                pod["spec"]!["workloadRef"] = new JsonObject { ["name"] = group, ["podGroup"] = WorkloadGroup };
                break;
            case GangKind.Native when api.Kind is not null:
                pod["spec"]!["schedulingGroup"] = new JsonObject { ["podGroupName"] = group };
                break;
        }

        if (job.Spec.Scheduling.Queue is { Length: > 0 } queue)
        {
            Set(pod, "labels", KueueQueue, queue);
            Set(pod, "labels", KueueGroup, group);
            Set(pod, "annotations", KueueCount, job.Spec.Workers.Replicas.ToString(CultureInfo.InvariantCulture));
            // A failed pod is never replaced within its gang: Kueue takes the group's quota back once all its pods have ended.
            Set(pod, "annotations", KueueRetriable, "false");
        }
    }

    private static void Set(JsonObject pod, string map, string key, string value)
    {
        var metadata = pod["metadata"]!.AsObject();
        if (metadata[map] is not JsonObject existing)
        {
            metadata[map] = existing = [];
        }

        existing[key] = value;
    }
}
