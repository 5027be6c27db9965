using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Local;

/// <summary>
/// A cluster in memory, with a kubelet that the caller provides. It keeps what the planning relies on: uids, resource versions that a
/// status write is compared with, generations that move with the spec only, names that cannot be taken twice, and children that go with
/// their owner.
/// </summary>
internal sealed class LocalCluster(IPodLauncher launcher, TimeProvider time) : ICluster
{
    private readonly LocalObjects<JobManifest> _jobs = new(MhcTrainingJob.KindName);
    private readonly LocalObjects<V1Service> _services = new("Service");
    private readonly LocalObjects<V1ConfigMap> _configMaps = new("ConfigMap");
    private readonly LocalObjects<V1PersistentVolumeClaim> _claims = new("PersistentVolumeClaim");
    private readonly Dictionary<NamespacedName, LocalPod> _pods = [];
    private readonly Lock _gate = new();
    private long _version;

    public event Action<NamespacedName>? Changed;

    /// <summary>A status was written; the job is a snapshot.</summary>
    public event Action<MhcTrainingJob>? StatusWritten;

    public event Action<ClusterEvent>? EventRecorded;

    public event Action<TrainerStatus>? TrainerAnswered;

    /// <summary>Takes a job in, as the API server would.</summary>
    public NamespacedName Add(JobManifest manifest)
    {
        var metadata = new V1ObjectMeta
        {
            Name = manifest.Metadata.Name,
            NamespaceProperty = manifest.Metadata.NamespaceProperty ?? "default",
            Labels = manifest.Metadata.Labels,
            Annotations = manifest.Metadata.Annotations,
            Uid = Guid.NewGuid().ToString(),
            Generation = 1,
            CreationTimestamp = time.GetUtcNow().UtcDateTime,
            ResourceVersion = NextVersion(),
        };
        _jobs.Add(WithMetadata(manifest, metadata));
        var key = new NamespacedName(metadata.NamespaceProperty, metadata.Name);
        Raise(key);
        return key;
    }

    /// <summary>Changes a job's spec, as a person would with kubectl.</summary>
    public void Update(NamespacedName key, Func<MhcTrainingJobSpec, MhcTrainingJobSpec> change)
    {
        lock (_gate)
        {
            var manifest = _jobs.Find(key.Namespace, key.Name) ?? throw Gone(key);
            var metadata = Copy(manifest.Metadata);
            metadata.Generation++;
            metadata.ResourceVersion = NextVersion();
            _jobs.Put(WithMetadata(manifest with { Job = manifest.Job! with { Spec = change(manifest.Job.Spec) } }, metadata));
        }

        Raise(key);
    }

    public JobManifest? FindJob(NamespacedName key) => _jobs.Find(key.Namespace, key.Name);

    public IReadOnlyList<V1Pod> ListPods(NamespacedName key)
    {
        lock (_gate)
        {
            return
            [
                .. _pods.Values.Select(p => p.Snapshot).Where(p => p.Metadata.NamespaceProperty == key.Namespace
                    && (p.Metadata.Labels?.TryGetValue(Labels.Job, out var job) ?? false) && job == key.Name),
            ];
        }
    }

    public V1Service? FindService(string ns, string name) => _services.Find(ns, name);

    public V1ConfigMap? FindConfigMap(string ns, string name) => _configMaps.Find(ns, name);

    public V1PersistentVolumeClaim? FindClaim(string ns, string name) => _claims.Find(ns, name);

    public JobNetworkPolicy? FindNetworkPolicy(string ns, string name) => null;

    public ApiSupport NetworkPolicies => ApiSupport.NotNeeded;

    public ApiSupport FindApi(ApiFeature feature) => ApiSupport.NotNeeded;

    public IReadOnlyList<PodGroup> ListPodGroups(NamespacedName key) => [];

    public Task<PodGroup?> ReadPodGroupAsync(string apiVersion, string kind, string ns, string name, CancellationToken cancel) =>
        Task.FromResult<PodGroup?>(null);

    public Task DeletePodGroupAsync(PodGroup group, CancellationToken cancel) => Task.CompletedTask;

    public Task DeleteConfigMapAsync(V1ConfigMap map, CancellationToken cancel)
    {
        _configMaps.Remove(map.Metadata.NamespaceProperty, map.Metadata.Name);
        Raise(new NamespacedName(map.Metadata.NamespaceProperty, map.Metadata.Labels[Labels.Job]));
        return Task.CompletedTask;
    }

    public Task<V1Pod?> ReadPodAsync(string ns, string name, CancellationToken cancel)
    {
        lock (_gate)
        {
            return Task.FromResult(_pods.GetValueOrDefault(new NamespacedName(ns, name))?.Snapshot);
        }
    }

    public Task<V1Node?> ReadNodeAsync(string name, CancellationToken cancel) => Task.FromResult<V1Node?>(new V1Node());

    public Task<ClusterEvent?> FindWarningAsync(V1Pod pod, DateTimeOffset after, CancellationToken cancel) =>
        Task.FromResult<ClusterEvent?>(null);

    public Task CreateAsync(JsonObject manifest, CancellationToken cancel)
    {
        var kind = (string?)manifest["kind"];
        switch (kind)
        {
            case "Pod":
                AddPod(Born<V1Pod>(manifest));
                break;
            case "Service":
                _services.Add(Born<V1Service>(manifest));
                break;
            case "ConfigMap":
                _configMaps.Add(Born<V1ConfigMap>(manifest));
                break;
            case "PersistentVolumeClaim":
                _claims.Add(Born<V1PersistentVolumeClaim>(manifest));
                break;
            default:
                throw new ApiException(HttpStatusCode.NotFound, $"the local cluster has no kind {kind}");
        }

        RaiseForOwner(manifest);
        return Task.CompletedTask;
    }

    public Task ApplyAsync(JsonObject manifest, CancellationToken cancel)
    {
        if ((string?)manifest["kind"] != "ConfigMap")
        {
            throw new ApiException(HttpStatusCode.NotFound, $"the local cluster cannot apply a {(string?)manifest["kind"]}");
        }

        _configMaps.Put(Born<V1ConfigMap>(manifest));
        RaiseForOwner(manifest);
        return Task.CompletedTask;
    }

    public Task DeletePodAsync(V1Pod pod, int? graceSeconds, CancellationToken cancel)
    {
        Find(pod)?.Delete(graceSeconds ?? Grace(pod));
        return Task.CompletedTask;
    }

    /// <summary>Logs here are files, which stay when their pod goes.</summary>
    public Task StopPodAsync(V1Pod pod, CancellationToken cancel) => DeletePodAsync(pod, null, cancel);

    /// <summary>Pods here are processes: a new one is no more than a restart in place.</summary>
    public Task OrderAsync(V1Pod pod, string order, int count, CancellationToken cancel) => Task.CompletedTask;

    public Task SetClaimOwnerAsync(V1PersistentVolumeClaim claim, MhcTrainingJob? owner, CancellationToken cancel)
    {
        var changed = new V1PersistentVolumeClaim { Metadata = Copy(claim.Metadata), Spec = claim.Spec };
        changed.Metadata.ResourceVersion = NextVersion();
        changed.Metadata.OwnerReferences = owner is null ? null
            : [KubernetesJson.Deserialize<V1OwnerReference>(ManifestMetadata.OwnerReferences(owner)[0]!.ToJsonString())];
        _claims.Put(changed);
        Raise(new NamespacedName(claim.Metadata.NamespaceProperty, claim.Metadata.Labels[Labels.Job]));
        return Task.CompletedTask;
    }

    /// <summary>Nobody takes a label off here.</summary>
    public Task ReclaimPodAsync(V1Pod pod, string job, CancellationToken cancel) => Task.CompletedTask;

    public Task<IReadOnlyList<WorkerReport>?> GetWorkerReportsAsync(V1Pod pod, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<WorkerReport>?>(null);

    public Task DumpThreadsAsync(V1Pod pod, CancellationToken cancel)
    {
        Find(pod)?.Dump();
        return Task.CompletedTask;
    }

    /// <summary>Deletes a Service or ConfigMap, as a person would.</summary>
    public void Remove(NamespacedName key, string kind, string name)
    {
        _ = kind == "Service" ? _services.Remove(key.Namespace, name) : _configMaps.Remove(key.Namespace, name);
        Raise(key);
    }

    public Task SuspendJobAsync(MhcTrainingJob job, CancellationToken cancel)
    {
        Update(new NamespacedName(job.Metadata.NamespaceProperty, job.Metadata.Name), spec => spec with { Suspend = true });
        return Task.CompletedTask;
    }

    public Task DeleteJobAsync(MhcTrainingJob job, CancellationToken cancel)
    {
        var key = new NamespacedName(job.Metadata.NamespaceProperty, job.Metadata.Name);
        _jobs.Remove(key.Namespace, key.Name);
        _services.RemoveOwned(job.Metadata.Uid);
        _configMaps.RemoveOwned(job.Metadata.Uid);
        _claims.RemoveOwned(job.Metadata.Uid);
        List<LocalPod> owned;
        lock (_gate)
        {
            owned = [.. _pods.Values.Where(p => (p.Snapshot.Metadata.OwnerReferences ?? []).Any(o => o.Uid == job.Metadata.Uid))];
        }

        foreach (var pod in owned)
        {
            pod.Delete(Grace(pod.Snapshot));
        }

        Raise(key);
        return Task.CompletedTask;
    }

    public Task PatchStatusAsync(MhcTrainingJob job, MhcTrainingJobStatus status, CancellationToken cancel)
    {
        var key = new NamespacedName(job.Metadata.NamespaceProperty, job.Metadata.Name);
        MhcTrainingJob written;
        lock (_gate)
        {
            var manifest = _jobs.Find(key.Namespace, key.Name) ?? throw Gone(key);
            if (manifest.Metadata.ResourceVersion != job.Metadata.ResourceVersion)
            {
                throw new ApiException(HttpStatusCode.Conflict,
                    $"{key} has changed: resourceVersion is {manifest.Metadata.ResourceVersion}, not {job.Metadata.ResourceVersion}");
            }

            var metadata = Copy(manifest.Metadata);
            metadata.ResourceVersion = NextVersion();
            var stored = Copy(status);
            written = (manifest.Job ?? new MhcTrainingJob()) with { Metadata = metadata, Status = stored };
            _jobs.Put(manifest with { Metadata = metadata, Job = manifest.Job is null ? null : written, Status = stored });
        }

        StatusWritten?.Invoke(written);
        Raise(key);
        return Task.CompletedTask;
    }

    public Task RecordEventAsync(MhcTrainingJob job, ClusterEvent happened, CancellationToken cancel)
    {
        EventRecorded?.Invoke(happened);
        return Task.CompletedTask;
    }

    public async Task<TrainerStatus?> GetTrainerStatusAsync(V1Pod pod, CancellationToken cancel)
    {
        var status = await launcher.GetStatusAsync(pod, cancel);
        if (status is not null)
        {
            TrainerAnswered?.Invoke(status);
        }

        return status;
    }

    /// <summary>Ends every process at once.</summary>
    public void KillPods()
    {
        List<LocalPod> all;
        lock (_gate)
        {
            all = [.. _pods.Values];
        }

        foreach (var pod in all)
        {
            pod.Delete(graceSeconds: 0);
        }
    }

    /// <summary>The pod of that uid; null: it is no more.</summary>
    private LocalPod? Find(V1Pod pod)
    {
        lock (_gate)
        {
            return _pods.GetValueOrDefault(NamespacedName.Of(pod)) is { } found && found.Snapshot.Metadata.Uid == pod.Metadata.Uid
                ? found : null;
        }
    }

    private void AddPod(V1Pod pod)
    {
        var key = NamespacedName.Of(pod);
        var job = pod.Metadata.Labels is { } labels && labels.TryGetValue(Labels.Job, out var name) ? name : "";
        var owner = new NamespacedName(pod.Metadata.NamespaceProperty, job);
        pod.Spec.NodeName = "local";
        pod.Status = new V1PodStatus { Phase = "Pending" };
        var added = new LocalPod(pod, time, () => Raise(owner), () => Forget(key, owner));
        lock (_gate)
        {
            if (!_pods.TryAdd(key, added))
            {
                throw new ApiException(HttpStatusCode.Conflict, $"Pod {pod.Metadata.Name} exists already");
            }
        }

        var map = (pod.Spec.Volumes ?? []).FirstOrDefault(v => v.Name == "config")?.ConfigMap?.Name;
        added.Start(launcher, map is null ? null : FindConfigMap(owner.Namespace, map)?.Data?.Values.FirstOrDefault());
    }

    private void Forget(NamespacedName key, NamespacedName owner)
    {
        lock (_gate)
        {
            _pods.Remove(key);
        }

        Raise(owner);
    }

    private T Born<T>(JsonObject manifest)
        where T : class, IMetadata<V1ObjectMeta>
    {
        T item;
        try
        {
            item = KubernetesJson.Deserialize<T>(manifest.ToJsonString());
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException
            or OverflowException)
        {
            // As a server says it of an object that its types cannot hold.
            throw new ApiException(HttpStatusCode.BadRequest,
                $"{(string?)manifest["kind"]} {(string?)manifest["metadata"]?["name"]} cannot be read: {e.Message}");
        }

        item.Metadata.Uid = Guid.NewGuid().ToString();
        item.Metadata.CreationTimestamp = time.GetUtcNow().UtcDateTime;
        item.Metadata.ResourceVersion = NextVersion();
        return item;
    }

    private static int Grace(V1Pod pod) => (int)Math.Clamp(pod.Spec.TerminationGracePeriodSeconds ?? 30, 0, int.MaxValue);

    private void RaiseForOwner(JsonObject manifest)
    {
        if (manifest["metadata"]?["labels"]?[Labels.Job] is { } job)
        {
            Raise(new NamespacedName((string)manifest["metadata"]!["namespace"]!, (string)job!));
        }
    }

    private void Raise(NamespacedName key) => Changed?.Invoke(key);

    private string NextVersion() => Interlocked.Increment(ref _version).ToString(CultureInfo.InvariantCulture);

    private static JobManifest WithMetadata(JobManifest manifest, V1ObjectMeta metadata) =>
        manifest with { Metadata = metadata, Job = manifest.Job is { } job ? job with { Metadata = metadata } : null };

    private static V1ObjectMeta Copy(V1ObjectMeta metadata) => new()
    {
        Name = metadata.Name,
        NamespaceProperty = metadata.NamespaceProperty,
        Labels = metadata.Labels,
        Annotations = metadata.Annotations,
        Uid = metadata.Uid,
        Generation = metadata.Generation,
        CreationTimestamp = metadata.CreationTimestamp,
        ResourceVersion = metadata.ResourceVersion,
    };

    // Through JSON, as over the wire: what a status cannot express must not survive here either.
    private static MhcTrainingJobStatus Copy(MhcTrainingJobStatus status) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(status, ApiJsonContext.Default.MhcTrainingJobStatus),
            ApiJsonContext.Default.MhcTrainingJobStatus)!;

    private static ApiException Gone(NamespacedName key) => new(HttpStatusCode.NotFound, $"there is no job {key}");
}
