using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// The cluster behind an API server. Reads come from watch caches of the jobs and of what carries the job's label;
/// <see cref="HasMetExpectations"/> says whether they show what was written about a job. One instance serves one term of
/// leadership: it begins with a fresh list, so nothing that an earlier leader did is missing from it.
/// </summary>
internal sealed class KubernetesCluster : ICluster, IDisposable
{
    /// <summary>Owner of the fields that the operator sets.</summary>
    public const string FieldManager = "mhc-operator";

    private const string LabelSelector = $"labelSelector={Labels.Job}";

    private readonly WatchedKind<JobManifest> _jobs;
    private readonly WatchedKind<V1Pod> _pods;
    private readonly WatchedKind<V1Service> _services;
    private readonly WatchedKind<V1ConfigMap> _configMaps;
    private readonly WatchedKind<V1PersistentVolumeClaim> _claims;
    private readonly Dictionary<string, IWatchedKind> _kinds;
    private readonly IReadOnlyList<IWatchedKind> _needed; // before anything is decided
    private readonly PolicyWatch? _policies;
    private readonly ResourceClient<V1Node> _nodes;
    private readonly ResourceClient<PodWarning> _warnings;
    private readonly OptionalApis _optional;
    private readonly Expectations _expectations = new();
    private readonly ForeignObjects _foreign;
    private readonly EventRecorder _events;
    private readonly TrainerStatusClient _trainers;
    private readonly PodExec _exec;

    /// <param name="connection">Server.</param>
    /// <param name="namespaces">Namespaces to serve; none: all of them.</param>
    /// <param name="identity">Name of this process, for events.</param>
    /// <param name="time">Clock.</param>
    /// <param name="metrics">Metrics.</param>
    /// <param name="log">Log.</param>
    /// <param name="makesPolicies">Whether jobs get network policies.</param>
    public KubernetesCluster(
        ApiConnection connection, IReadOnlyList<string> namespaces, string identity, TimeProvider time, RuntimeMetrics metrics, ILogger log,
        bool makesPolicies = false)
    {
        WatchedKind<T> Watch<T>(ResourceType<T> type, string? selector, Func<T, NamespacedName?> jobOf)
            where T : class, IMetadata<V1ObjectMeta> =>
            new(connection, type, WatchScope.Each(namespaces, selector), jobOf, time, metrics, log);

        WatchedKind<PodGroup> WatchGroups(ResourceType<PodGroup> type)
        {
            var kind = Watch(type, LabelSelector, LabelledJob);
            kind.Changed += job => Changed?.Invoke(job);
            return kind;
        }

        _jobs = Watch(ResourceTypes.Jobs, null, item => NamespacedName.Of(item));
        _pods = Watch(ResourceTypes.Pods, LabelSelector, LabelledJob);
        _services = Watch(ResourceTypes.Services, LabelSelector, LabelledJob);
        _configMaps = Watch(ResourceTypes.ConfigMaps, LabelSelector, LabelledJob);
        _claims = Watch(ResourceTypes.Claims, LabelSelector, LabelledJob);
        _needed = [_jobs, _pods, _services, _configMaps, _claims];
        _policies = makesPolicies
            ? new PolicyWatch(Watch(ResourceTypes.NetworkPolicies, LabelSelector, LabelledJob), WatchScope.Each(namespaces, LabelSelector),
                time, log)
            : null;
        _kinds = _needed.Concat(_policies is null ? [] : [_policies.Kind]).ToDictionary(kind => kind.Kind, StringComparer.Ordinal);
        foreach (var kind in _kinds.Values)
        {
            kind.Changed += job => Changed?.Invoke(job);
        }

        _optional = new OptionalApis(connection, WatchGroups, WatchScope.Each(namespaces, LabelSelector), time, log);
        _optional.Changed += LookAtAll;
        if (_policies is not null)
        {
            _policies.Changed += LookAtAll;
        }

        _nodes = new ResourceClient<V1Node>(connection, ResourceTypes.Nodes);
        _warnings = new ResourceClient<PodWarning>(connection, ResourceTypes.Warnings);
        _foreign = new ForeignObjects(time, log);
        _events = new EventRecorder(new ResourceClient<WrittenObject>(connection, ResourceTypes.Events), FieldManager, identity, time);
        _trainers = new TrainerStatusClient(log);
        _exec = new PodExec(connection, time, log);
    }

    public event Action<NamespacedName>? Changed;

    /// <summary>Done when every cache was complete for the first time.</summary>
    public Task Synced => Task.WhenAll(_needed.Select(kind => kind.Synced));

    /// <summary>Keeps the caches up to date until cancelled.</summary>
    public Task RunAsync(CancellationToken cancel) =>
        Task.WhenAll([
            .. _needed.Select(kind => kind.RunAsync(cancel)), _foreign.RunAsync(_kinds, job => Changed?.Invoke(job), cancel),
            _optional.RunAsync(cancel),
            _policies?.RunAsync(cancel) ?? Task.CompletedTask,
        ]);

    /// <summary>
    /// Whether the caches show everything that was written about a job. While they do not it must not be reconciled; <see cref="Changed"/>
    /// is raised when they might.
    /// </summary>
    public bool HasMetExpectations(NamespacedName key) => _expectations.AreSeen(key);

    /// <summary>
    /// Whether a job has pods, all is well with them, and there is no more to be done than to write its first status. Others then come
    /// first: those that have no pods yet.
    /// </summary>
    public bool OnlyStarts(NamespacedName key) =>
        FindJob(key) is { Status: null, Metadata.DeletionTimestamp: null, Job.Spec.Suspend: false }
        && _pods.Store.ListOwned(key) is { Count: > 0 } gang
        && gang.All(pod => pod is { Metadata.DeletionTimestamp: null, Status.Phase: null or "Pending" or "Running" });

    /// <summary>Every job that is cached.</summary>
    public IReadOnlyList<JobManifest> ListJobs() => _jobs.Store.List();

    public JobManifest? FindJob(NamespacedName key) => _jobs.Store.Find(key);

    public IReadOnlyList<V1Pod> ListPods(NamespacedName key) => _pods.Store.ListOwned(key);

    public V1Service? FindService(string ns, string name) => Find(_services, ns, name);

    public V1ConfigMap? FindConfigMap(string ns, string name) => Find(_configMaps, ns, name);

    public V1PersistentVolumeClaim? FindClaim(string ns, string name) => Find(_claims, ns, name);

    public JobNetworkPolicy? FindNetworkPolicy(string ns, string name) => _policies is null ? null : Find(_policies.Kind, ns, name);

    public ApiSupport NetworkPolicies => _policies?.Support ?? ApiSupport.Unknown;

    public ApiSupport FindApi(ApiFeature feature) => _optional.Find(feature);

    public IReadOnlyList<PodGroup> ListPodGroups(NamespacedName key) => [.. _optional.Kinds.SelectMany(kind => kind.Store.ListOwned(key))];

    public async Task<PodGroup?> ReadPodGroupAsync(string apiVersion, string kind, string ns, string name, CancellationToken cancel) =>
        _optional.KindOf(apiVersion, kind) is { } watched ? await watched.Client.FindAsync(ns, name, cancel) : null;

    public async Task DeletePodGroupAsync(PodGroup group, CancellationToken cancel)
    {
        if (_optional.KindOf(group.ApiVersion, group.Kind) is { } kind)
        {
            await DeleteAsync(kind, group, LabelledJob(group), null, cancel);
        }
    }

    public Task DeleteConfigMapAsync(V1ConfigMap map, CancellationToken cancel) =>
        DeleteAsync(_configMaps, map, LabelledJob(map), null, cancel);

    public Task<V1Pod?> ReadPodAsync(string ns, string name, CancellationToken cancel) => _pods.Client.FindAsync(ns, name, cancel);

    public Task<V1Node?> ReadNodeAsync(string name, CancellationToken cancel) => _nodes.FindAsync(null, name, cancel);

    public async Task<ClusterEvent?> FindWarningAsync(V1Pod pod, DateTimeOffset after, CancellationToken cancel)
    {
        var selector = $"fieldSelector=involvedObject.uid={pod.Metadata.Uid},type=Warning";
        var all = await _warnings.ListAsync(pod.Metadata.NamespaceProperty, selector, null, cancel);
        return PodWarning.Newest([.. all.Items.Where(warning => warning.At > after)]);
    }

    public async Task CreateAsync(JsonObject manifest, CancellationToken cancel)
    {
        var target = TargetOf(manifest);
        try
        {
            var version = await target.Kind.CreateAsync(target.Key.Namespace, manifest, FieldManager, cancel);
            _expectations.Expect(target.Job, () => target.Kind.HasSeen(target.Key.Namespace, version));
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.Conflict)
        {
            await LearnWhoStandsThereAsync(target, cancel);
            throw;
        }
    }

    public async Task ApplyAsync(JsonObject manifest, CancellationToken cancel)
    {
        var target = TargetOf(manifest);
        var version = await target.Kind.ApplyAsync(target.Key.Namespace, target.Key.Name, manifest, FieldManager, cancel);
        _expectations.Expect(target.Job, () => target.Kind.HasSeen(target.Key.Namespace, version));
    }

    public async Task OrderAsync(V1Pod pod, string order, int count, CancellationToken cancel)
    {
        if (LabelledJob(pod) is { } job)
        {
            var annotations = new JsonObject
            {
                [Annotations.Order] = order,
                [Annotations.OrderCount] = count.ToString(CultureInfo.InvariantCulture)
            };
            await MarkPodAsync(pod, job, "annotations", annotations, cancel);
        }
    }

    public Task ReclaimPodAsync(V1Pod pod, string job, CancellationToken cancel) =>
        MarkPodAsync(pod, new NamespacedName(pod.Metadata.NamespaceProperty, job), "labels",
            new JsonObject { [Labels.Job] = job, [Labels.Attempt] = "0" }, cancel);

    public Task DeletePodAsync(V1Pod pod, int? graceSeconds, CancellationToken cancel) =>
        DeleteAsync(_pods, pod, LabelledJob(pod), graceSeconds, cancel);

    public async Task SetClaimOwnerAsync(V1PersistentVolumeClaim claim, MhcTrainingJob? owner, CancellationToken cancel)
    {
        var owners = owner is null ? null : ManifestMetadata.OwnerReferences(owner);
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["uid"] = claim.Metadata.Uid, ["ownerReferences"] = owners } };
        var written = await _claims.Writer.PatchAsync(claim.Metadata.NamespaceProperty, claim.Metadata.Name, null, patch, FieldManager,
            cancel);
        if (LabelledJob(claim) is { } job)
        {
            _expectations.Expect(job, () => _claims.HasSeen(claim.Metadata.NamespaceProperty, written.Metadata.ResourceVersion));
        }
    }

    public async Task StopPodAsync(V1Pod pod, CancellationToken cancel)
    {
        // The kubelet ends a pod that is over its deadline, and its containers stay until it is deleted.
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["uid"] = pod.Metadata.Uid },
            ["spec"] = new JsonObject { ["activeDeadlineSeconds"] = 1 },
        };
        var written = await _pods.Writer.PatchAsync(pod.Metadata.NamespaceProperty, pod.Metadata.Name, null, patch, FieldManager, cancel);
        if (LabelledJob(pod) is { } job)
        {
            _expectations.Expect(job, () => _pods.HasSeen(pod.Metadata.NamespaceProperty, written.Metadata.ResourceVersion));
        }
    }

    public async Task SuspendJobAsync(MhcTrainingJob job, CancellationToken cancel)
    {
        var patch = new JsonObject { ["metadata"] = Identity(job), ["spec"] = new JsonObject { ["suspend"] = true } };
        var written = await _jobs.Writer.PatchAsync(job.Metadata.NamespaceProperty, job.Metadata.Name, null, patch, FieldManager, cancel);
        ExpectJob(written);
    }

    public Task DeleteJobAsync(MhcTrainingJob job, CancellationToken cancel) =>
        DeleteAsync(_jobs, job, NamespacedName.Of(job), null, cancel);

    public async Task PatchStatusAsync(MhcTrainingJob job, MhcTrainingJobStatus status, CancellationToken cancel)
    {
        var version = job.Metadata.ResourceVersion
            ?? throw new ArgumentException("the job has no resourceVersion to compare with", nameof(job));

        // A replaced resourceVersion is compared by the server when it stores the object: 409 where it has changed.
        var patch = new JsonArray(
            new JsonObject { ["op"] = "replace", ["path"] = "/metadata/resourceVersion", ["value"] = version },
            new JsonObject { ["op"] = "add", ["path"] = "/status", ["value"] = StatusJson.Of(status) });
        var written = await _jobs.Writer.JsonPatchAsync(job.Metadata.NamespaceProperty, job.Metadata.Name, "status", patch, FieldManager,
            cancel);
        ExpectJob(written);
    }

    public Task RecordEventAsync(MhcTrainingJob job, ClusterEvent happened, CancellationToken cancel)
    {
        var about = new V1ObjectReference
        {
            ApiVersion = $"{MhcTrainingJob.Group}/{MhcTrainingJob.Version}",
            Kind = MhcTrainingJob.KindName,
            NamespaceProperty = job.Metadata.NamespaceProperty,
            Name = job.Metadata.Name,
            Uid = job.Metadata.Uid,
            ResourceVersion = job.Metadata.ResourceVersion,
        };
        return _events.RecordAsync(about, happened.IsWarning, happened.Reason, happened.Message, cancel);
    }

    public Task<TrainerStatus?> GetTrainerStatusAsync(V1Pod pod, CancellationToken cancel) => _trainers.GetStatusAsync(pod, cancel);

    public Task<IReadOnlyList<WorkerReport>?> GetWorkerReportsAsync(V1Pod pod, CancellationToken cancel) =>
        _trainers.GetReportsAsync(pod, cancel);

    /// <remarks>To the first process of a container a signal that it does not handle is none (pid_namespaces(7)).</remarks>
    public Task DumpThreadsAsync(V1Pod pod, CancellationToken cancel) =>
        Task.WhenAll(RankContainers.Of(pod).Select(container => _exec.RunAsync(pod, container, ["sh", "-c", "kill -QUIT 1"], cancel)));

    public void Dispose() => _trainers.Dispose();

    private async Task MarkPodAsync(V1Pod pod, NamespacedName job, string map, JsonObject marks, CancellationToken cancel)
    {
        var metadata = new JsonObject { ["uid"] = pod.Metadata.Uid, [map] = marks };
        var patch = new JsonObject { ["metadata"] = metadata };
        var written = await _pods.Writer.PatchAsync(pod.Metadata.NamespaceProperty, pod.Metadata.Name, null, patch, FieldManager, cancel);
        _expectations.Expect(job, () => _pods.HasSeen(pod.Metadata.NamespaceProperty, written.Metadata.ResourceVersion));
    }

    /// <summary>A refused creation means that the cache is behind, or that somebody else's object stands there.</summary>
    private async Task LearnWhoStandsThereAsync(Target target, CancellationToken cancel)
    {
        if (await target.Kind.ReadAsync(target.Key.Namespace, target.Key.Name, cancel) is not { } item)
        {
            return;
        }

        if (item.Metadata.Labels?.ContainsKey(Labels.Job) == true)
        {
            _expectations.Expect(target.Job, () => target.Kind.HasSeen(target.Key.Namespace, item.Metadata.ResourceVersion));
        }
        else if (_kinds.ContainsKey(target.Kind.Kind))
        {
            _foreign.Add(target.Job, target.Kind.Kind, item);
        }
    }

    private Target TargetOf(JsonObject manifest) =>
        Target.Of(
            manifest, _optional.KindOf((string?)manifest["apiVersion"], (string?)manifest["kind"])
                ?? _kinds.GetValueOrDefault((string?)manifest["kind"] ?? ""));

    private async Task DeleteAsync<T>(WatchedKind<T> kind, IMetadata<V1ObjectMeta> item, NamespacedName? job, int? graceSeconds,
        CancellationToken cancel)
        where T : class, IMetadata<V1ObjectMeta>
    {
        var key = NamespacedName.Of(item);
        var uid = item.Metadata.Uid;
        await kind.Client.DeleteAsync(key.Namespace, key.Name, uid, graceSeconds, cancel);
        if (job is { } of)
        {
            _expectations.Expect(of,
                () => kind.Store.Find(key) is not { } held || held.Metadata.Uid != uid || held.Metadata.DeletionTimestamp is not null);
        }
    }

    private T? Find<T>(WatchedKind<T> kind, string ns, string name)
        where T : class, IMetadata<V1ObjectMeta>
    {
        var key = new NamespacedName(ns, name);
        return kind.Store.Find(key) ?? _foreign.Find<T>(kind.Kind, key);
    }

    private void LookAtAll() => _jobs.Store.List().ToList().ForEach(job => Changed?.Invoke(NamespacedName.Of(job)));

    private void ExpectJob(WrittenObject written) =>
        _expectations.Expect(NamespacedName.Of(written),
            () => _jobs.HasSeen(written.Metadata.NamespaceProperty, written.Metadata.ResourceVersion));

    private static JsonObject Identity(MhcTrainingJob job) =>
        new() { ["uid"] = job.Metadata.Uid, ["resourceVersion"] = job.Metadata.ResourceVersion };

    private static NamespacedName? LabelledJob(IMetadata<V1ObjectMeta> item) =>
        item.Metadata.Labels?.TryGetValue(Labels.Job, out var name) == true
            ? new NamespacedName(item.Metadata.NamespaceProperty, name) : null;
}
