using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>
/// A cluster that notes every write, can refuse one, and can have its caller die at any of them, before or after it is done.
/// </summary>
internal sealed class WatchedCluster(ICluster inner) : ICluster
{
    private int _untilCrash = -1;
    private bool _crashAfterwards;

    public event Action<NamespacedName>? Changed
    {
        add => inner.Changed += value;
        remove => inner.Changed -= value;
    }

    public ConcurrentQueue<string> Writes { get; } = new();

    public int Polls { get; private set; }

    /// <summary>The method by which each write was asked for.</summary>
    public ConcurrentDictionary<string, string> Methods { get; } = new(StringComparer.Ordinal);

    /// <summary>What to throw instead of a write of that text.</summary>
    public Func<string, Exception?> Refuse { get; set; } = _ => null;

    /// <summary>What the cluster does not allow at all, and says; null: it does.</summary>
    public Func<string, string?> Forbid { get; set; } = _ => null;

    /// <summary>How a pod is shown; null: it is not.</summary>
    public Func<V1Pod, V1Pod?> Show { get; set; } = pod => pod;

    /// <summary>Whether claims have been heard of.</summary>
    public bool ShowsClaims { get; set; } = true;

    /// <summary>Gang scheduling of this cluster; null: as of the one behind it.</summary>
    public ApiSupport? Gangs { get; set; }

    /// <summary>Uids of pods that were given an order, and the order.</summary>
    public ConcurrentDictionary<string, string> Orders { get; } = new(StringComparer.Ordinal);

    /// <summary>Uids of pods that were given their label back.</summary>
    public ConcurrentDictionary<string, bool> Reclaimed { get; } = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<string, PodGroup> _groups = new(StringComparer.Ordinal);

    /// <summary>Dies at the write of that number from now, 1 being the next.</summary>
    public void CrashAt(int write, bool afterwards)
    {
        _untilCrash = write;
        _crashAfterwards = afterwards;
    }

    public JobManifest? FindJob(NamespacedName key) => inner.FindJob(key);

    public IReadOnlyList<V1Pod> ListPods(NamespacedName key) => [.. inner.ListPods(key).Select(Show).OfType<V1Pod>()];

    public V1Service? FindService(string ns, string name) => inner.FindService(ns, name);

    public V1ConfigMap? FindConfigMap(string ns, string name) => inner.FindConfigMap(ns, name);

    public V1PersistentVolumeClaim? FindClaim(string ns, string name) => ShowsClaims ? inner.FindClaim(ns, name) : null;

    public JobNetworkPolicy? FindNetworkPolicy(string ns, string name) => inner.FindNetworkPolicy(ns, name);

    public ApiSupport NetworkPolicies => inner.NetworkPolicies;

    /// <summary>APIs that were asked for.</summary>
    public ConcurrentQueue<ApiFeature> Questions { get; } = new();

    public ApiSupport FindApi(ApiFeature feature)
    {
        Questions.Enqueue(feature);
        return Gangs ?? inner.FindApi(feature);
    }

    public IReadOnlyList<PodGroup> ListPodGroups(NamespacedName key) => [.. _groups.Values];

    public Task<PodGroup?> ReadPodGroupAsync(string apiVersion, string kind, string ns, string name, CancellationToken cancel) =>
        Task.FromResult(_groups.GetValueOrDefault(name));

    public Task DeletePodGroupAsync(PodGroup group, CancellationToken cancel) => Write($"delete {group.Kind} {group.Metadata.Name}", () =>
    {
        _groups.TryRemove(group.Metadata.Name, out _);
        return Task.CompletedTask;
    });

    public Task DeleteConfigMapAsync(V1ConfigMap map, CancellationToken cancel) =>
        Write($"delete ConfigMap {map.Metadata.Name}", () => inner.DeleteConfigMapAsync(map, cancel));

    public Task<V1Pod?> ReadPodAsync(string ns, string name, CancellationToken cancel) => inner.ReadPodAsync(ns, name, cancel);

    public Task<V1Node?> ReadNodeAsync(string name, CancellationToken cancel) => inner.ReadNodeAsync(name, cancel);

    /// <summary>What the cluster warns of about a pod.</summary>
    public Func<V1Pod, ClusterEvent?> Warning { get; set; } = _ => null;

    /// <summary>Pods whose Warnings were asked for.</summary>
    public ConcurrentQueue<string> AskedForWarnings { get; } = new();

    public Task<ClusterEvent?> FindWarningAsync(V1Pod pod, DateTimeOffset after, CancellationToken cancel)
    {
        AskedForWarnings.Enqueue(pod.Metadata.Name);
        return Task.FromResult(Warning(pod));
    }

    public Task CreateAsync(JsonObject manifest, CancellationToken cancel) =>
        Write(
            $"create {manifest["kind"]} {manifest["metadata"]!["name"]}",
            () => Gangs?.Kind == (string?)manifest["kind"] ? Group(manifest) : inner.CreateAsync(manifest, cancel));

    public Task ApplyAsync(JsonObject manifest, CancellationToken cancel) =>
        Write($"apply {manifest["kind"]} {manifest["metadata"]!["name"]}", () => inner.ApplyAsync(manifest, cancel));

    public Task DeletePodAsync(V1Pod pod, int? graceSeconds, CancellationToken cancel) =>
        Write($"delete Pod {pod.Metadata.Name}", () => inner.DeletePodAsync(pod, graceSeconds, cancel));

    public Task ReclaimPodAsync(V1Pod pod, string job, CancellationToken cancel) => Write($"reclaim Pod {pod.Metadata.Name}", () =>
    {
        Reclaimed[pod.Metadata.Uid] = true;
        return Task.CompletedTask;
    });

    public Task SetClaimOwnerAsync(V1PersistentVolumeClaim claim, MhcTrainingJob? owner, CancellationToken cancel) =>
        Write($"own PersistentVolumeClaim {claim.Metadata.Name}", () => inner.SetClaimOwnerAsync(claim, owner, cancel));

    public Task StopPodAsync(V1Pod pod, CancellationToken cancel) =>
        Write($"stop Pod {pod.Metadata.Name}", () => inner.StopPodAsync(pod, cancel));

    public Task DumpThreadsAsync(V1Pod pod, CancellationToken cancel) =>
        Write($"dump Pod {pod.Metadata.Name}", () => inner.DumpThreadsAsync(pod, cancel));

    public Task OrderAsync(V1Pod pod, string order, int count, CancellationToken cancel) => Write($"order Pod {pod.Metadata.Name}", () =>
    {
        Orders[pod.Metadata.Uid] = order;
        return inner.OrderAsync(pod, order, count, cancel);
    });

    /// <summary>What a pod's containers answer.</summary>
    public Func<V1Pod, IReadOnlyList<WorkerReport>?> Workers { get; set; } = _ => null;

    /// <summary>Pods that were asked.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public Task<IReadOnlyList<WorkerReport>?> GetWorkerReportsAsync(V1Pod pod, CancellationToken cancel)
    {
        Asked.Enqueue(pod.Metadata.Name);
        return Task.FromResult(Workers(pod));
    }

    public Task SuspendJobAsync(MhcTrainingJob job, CancellationToken cancel) => Write("suspend", () => inner.SuspendJobAsync(job, cancel));

    public Task DeleteJobAsync(MhcTrainingJob job, CancellationToken cancel) =>
        Write("delete job", () => inner.DeleteJobAsync(job, cancel));

    public Task PatchStatusAsync(MhcTrainingJob job, MhcTrainingJobStatus status, CancellationToken cancel) =>
        Write("status", () => inner.PatchStatusAsync(job, status, cancel));

    public Task RecordEventAsync(MhcTrainingJob job, ClusterEvent happened, CancellationToken cancel) =>
        Write($"event {happened.Reason}", () => inner.RecordEventAsync(job, happened, cancel));

    public Task<TrainerStatus?> GetTrainerStatusAsync(V1Pod pod, CancellationToken cancel)
    {
        Polls++;
        return inner.GetTrainerStatusAsync(pod, cancel);
    }

    private Task Group(JsonObject manifest)
    {
        var group = new PodGroup(Gangs!.ApiVersion!,
            Gangs.Kind!)
        { Metadata = KubernetesJson.Deserialize<V1ObjectMeta>(manifest["metadata"]!.ToJsonString()) };
        _groups[group.Metadata.Name] = group;
        return Task.CompletedTask;
    }

    private async Task Write(string what, Func<Task> write, [CallerMemberName] string method = "")
    {
        var left = Interlocked.Decrement(ref _untilCrash);
        if (left == 0 && !_crashAfterwards)
        {
            throw new CrashException();
        }

        if (Forbid(what) is { } why)
        {
            throw new ApiException(HttpStatusCode.Forbidden, why);
        }

        if (Refuse(what) is { } refusal)
        {
            throw refusal;
        }

        await write();
        Writes.Enqueue(what);
        Methods[what] = method;
        if (left == 0)
        {
            throw new CrashException();
        }
    }
}
