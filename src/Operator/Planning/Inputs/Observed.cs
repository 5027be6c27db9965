using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>Everything that a plan is made from.</summary>
internal sealed record Observed
{
    /// <summary>The job, good or bad.</summary>
    public required JobManifest Manifest { get; init; }

    /// <summary>Pods with the job's label, whoever owns them.</summary>
    public IReadOnlyList<V1Pod> Pods { get; init; } = [];

    /// <summary>The Service of the job's name, whoever owns it.</summary>
    public V1Service? Service { get; init; }

    /// <summary>The ConfigMap for the trainer, whoever owns it.</summary>
    public V1ConfigMap? ConfigMap { get; init; }

    /// <summary>The claim of the name that the operator would give, whoever owns it.</summary>
    public V1PersistentVolumeClaim? Claim { get; init; }

    /// <summary>The NetworkPolicy of the name that the operator would give, whoever owns it.</summary>
    public JobNetworkPolicy? NetworkPolicy { get; init; }

    /// <summary>Whether network policies can be seen, where the operator is to make them.</summary>
    public ApiSupport NetworkPolicies { get; init; } = ApiSupport.Unknown;

    /// <summary>What the cluster says of the gang scheduling that the job asks for.</summary>
    public ApiSupport Gangs { get; init; } = ApiSupport.Unknown;

    /// <summary>What the cluster says of resource claims, where the job asks for some.</summary>
    public ApiSupport ResourceClaims { get; init; } = ApiSupport.Unknown;

    /// <summary>Pod groups with the job's label, whoever owns them.</summary>
    public IReadOnlyList<PodGroup> PodGroups { get; init; } = [];

    /// <summary>Nodes that a plan asks for, as far as they could be read.</summary>
    public IReadOnlyDictionary<string, NodeState> Nodes { get; init; } = new Dictionary<string, NodeState>(StringComparer.Ordinal);

    /// <summary>
    /// What the containers of pods said of their processes, by the pod's uid, as far as they were asked and have answered.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<WorkerReport>> Reports { get; init; } =
        new Dictionary<string, IReadOnlyList<WorkerReport>>(StringComparer.Ordinal);

    /// <summary>The newest Warning about pods that have a node and do not run yet, by the pod's uid, as far as it was asked for.</summary>
    public IReadOnlyDictionary<string, ClusterEvent> Warnings { get; init; } = new Dictionary<string, ClusterEvent>(StringComparer.Ordinal);

    /// <summary>Rank 0's last answer.</summary>
    public TrainerReport? Report { get; init; }

    /// <summary>Writes that were refused.</summary>
    public IReadOnlyList<Refusal> Refusals { get; init; } = [];

    /// <summary>Newest attempt of which this process has seen all pods; null: none.</summary>
    public int? CompleteAttempt { get; init; }

    /// <summary>What nobody can guess, from which the secrets of gangs are made.</summary>
    public string Entropy { get; init; } = "";

    /// <summary>When this process last wrote the job's status; null: not yet.</summary>
    public DateTimeOffset? StatusWrittenAt { get; init; }

    /// <summary>Since when the status that is stored has been known to be behind in what can wait; null: it is not.</summary>
    public DateTimeOffset? StatusDebouncedSince { get; init; }

    /// <summary>What is the same for all jobs.</summary>
    public OperatorOptions Options { get; init; } = new();

    /// <summary>
    /// Whether nothing has changed since another look: the stores hand out the same object until the cluster shows a newer one.
    /// </summary>
    public bool IsSameAs(Observed earlier) =>
        (this with { Pods = earlier.Pods, PodGroups = earlier.PodGroups, Refusals = earlier.Refusals, Nodes = earlier.Nodes }) == earlier
        && Pods.SequenceEqual(earlier.Pods, ReferenceEqualityComparer.Instance)
        && PodGroups.SequenceEqual(earlier.PodGroups, ReferenceEqualityComparer.Instance)
        && Refusals.SequenceEqual(earlier.Refusals)
        && Nodes.Count == earlier.Nodes.Count && Nodes.All(node => earlier.Nodes.TryGetValue(node.Key, out var was) && was == node.Value);

    /// <summary>The status as it is stored.</summary>
    public MhcTrainingJobStatus? Status => Manifest.Status ?? Manifest.Job?.Status;

    /// <summary>The same with an attempt: the first one is recorded after its pods are made.</summary>
    public MhcTrainingJobStatus RecordedStatus => Status is { Attempt: > 0 } recorded ? recorded : new MhcTrainingJobStatus { Attempt = 1 };
}
