using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Execution;

/// <summary>
/// Carries plans out. The order is the safety of it: the status first, for it holds the decisions; then the deletions, then the creations,
/// then the events. Only of a first attempt, of which there is nothing to decide, the pods come before the status. A process that dies in
/// between leaves a status from which the next one plans the rest, and names that carry the attempt, so that doing something again is a
/// conflict and not a second pod. A write that is refused keeps back what depends on it and nothing else (<see cref="GuardedWrites"/>).
/// </summary>
internal sealed class PlanWriter(ICluster cluster, TimeProvider time, OperatorMetrics? metrics)
{
    /// <summary>Requests in flight for one job; a gang of 8 is made in one round trip, one of 512 does not flood the server.</summary>
    private const int Concurrency = 32;

    /// <summary>Events that are kept until the server takes them; a courtesy, so that older ones make room.</summary>
    private const int MostEvents = 16;

    /// <summary>After so many refusals in a row they are given up.</summary>
    private const int MostTries = 8;

    /// <returns>Whether something was refused, which the next plan must be told of.</returns>
    public async Task<bool> CarryOutAsync(Observed observed, Plan plan, JobMemory memory, GuardedWrites writes, CancellationToken cancel)
    {
        var job = observed.Manifest.Job ?? new MhcTrainingJob { Metadata = observed.Manifest.Metadata };
        memory.StoreHasMore = false;
        memory.StatusDebouncedSince = plan.DebounceStatus ? memory.StatusDebouncedSince ?? time.GetUtcNow() : null;
        var isDecided = await WriteStatusAsync(job, observed, plan, memory, writes, cancel);
        if (isDecided)
        {
            await (plan.SuspendJob ? SuspendAsync(job, writes, cancel) : WriteObjectsAsync(job, plan, memory, writes, cancel));
            memory.Events.AddRange(plan.Events);
        }

        await RecordAsync(job, memory, writes, cancel);
        if (isDecided && plan.DeleteJob)
        {
            await writes.TryAsync(WriteKind.Delete, MhcTrainingJob.KindName, job.Metadata.Name, () => cluster.DeleteJobAsync(job, cancel));
        }

        writes.ForgetOthers();
        if (isDecided && !plan.DebounceStatus)
        {
            memory.HasTold(observed.Refusals);
        }

        return writes.HasNews || memory.StoreHasMore;
    }

    /// <returns>Whether what the plan has decided is written down, if it has decided anything.</returns>
    private async Task<bool> WriteStatusAsync(MhcTrainingJob job, Observed observed, Plan plan, JobMemory memory, GuardedWrites writes,
        CancellationToken cancel)
    {
        if (plan is not { Status: { } status, StatusFollowsPods: false })
        {
            return true;
        }

        if (await writes.TryAsync(WriteKind.Status, MhcTrainingJob.KindName, job.Metadata.Name,
            () => cluster.PatchStatusAsync(job, status, cancel), isCompared: true))
        {
            memory.StatusWrittenAt = time.GetUtcNow();
            metrics?.Count(observed.Status, status);
            return true;
        }

        // The status cannot say that it was refused. An event can.
        if (memory.Refusals.Values.FirstOrDefault(r => r.Write == WriteKind.Status) is { Times: 1 } refusal && writes.HasNews)
        {
            memory.Events.Add(new ClusterEvent(IsWarning: true, Reasons.WriteRefused, refusal.Text));
        }

        return false;
    }

    private Task<bool> SuspendAsync(MhcTrainingJob job, GuardedWrites writes, CancellationToken cancel) =>
        writes.TryAsync(WriteKind.Suspend, MhcTrainingJob.KindName, job.Metadata.Name, () => cluster.SuspendJobAsync(job, cancel),
            isCompared: true);

    private async Task WriteObjectsAsync(MhcTrainingJob job, Plan plan, JobMemory memory, GuardedWrites writes, CancellationToken cancel)
    {
        await TogetherAsync(plan.Dump, cluster.DumpThreadsAsync, cancel);
        await TogetherAsync(plan.Order,
            (o, c) => writes.TryAsync(WriteKind.Order, "Pod", o.Pod.Metadata.Name, () => cluster.OrderAsync(o.Pod, o.Order, o.Count, c)),
            cancel);
        await TogetherAsync(plan.Stop, (p, c) => writes.TryAsync(WriteKind.Stop, "Pod", p.Metadata.Name, () => cluster.StopPodAsync(p, c)),
            cancel);
        await TogetherAsync(plan.Delete,
            (d, c) => writes.TryAsync(WriteKind.Delete, "Pod", d.Pod.Metadata.Name, () => cluster.DeletePodAsync(d.Pod, d.GraceSeconds, c)),
            cancel);
        await TogetherAsync(plan.DeleteGroups,
            (g, c) => writes.TryAsync(WriteKind.Delete, g.Kind, g.Metadata.Name, () => cluster.DeletePodGroupAsync(g, c)), cancel);
        await TogetherAsync(plan.DeleteMaps,
            (m, c) => writes.TryAsync(WriteKind.Delete, "ConfigMap", m.Metadata.Name, () => cluster.DeleteConfigMapAsync(m, c)), cancel);

        // Pods come last, and not without what they need.
        await TogetherAsync(plan.Create, (m, c) => CreateAsync(job, m, memory, writes, c), cancel);
        await TogetherAsync(plan.Apply, (m, c) => writes.TryAsync(WriteKind.Apply, Kind(m), Name(m), () => cluster.ApplyAsync(m, c)),
            cancel);
        if (!plan.Create.Concat(plan.Apply).Any(writes.IsRefused))
        {
            await TogetherAsync(plan.Pods, (m, c) => CreateAsync(job, m, memory, writes, c), cancel);
        }

        if (plan.Claim is { } change)
        {
            await writes.TryAsync(WriteKind.Own, "PersistentVolumeClaim", change.Claim.Metadata.Name,
                () => cluster.SetClaimOwnerAsync(change.Claim, change.IsOwned ? job : null, cancel));
        }
    }

    /// <summary>
    /// Events go out whatever else was refused. They tell of what is written, and cannot be worked out again, so that they are kept until
    /// the server takes them.
    /// </summary>
    private async Task RecordAsync(MhcTrainingJob job, JobMemory memory, GuardedWrites writes, CancellationToken cancel)
    {
        if (memory.Events.Count > MostEvents)
        {
            memory.Events.RemoveRange(0, memory.Events.Count - MostEvents);
        }

        while (memory.Events is [var first, ..])
        {
            if (!await writes.TryAsync(WriteKind.Event, "Event", "", () => cluster.RecordEventAsync(job, first, cancel)))
            {
                if (memory.Refusals.Values.FirstOrDefault(r => r.Write == WriteKind.Event) is { Times: >= MostTries })
                {
                    memory.Events.Clear();
                }

                return;
            }

            memory.Events.RemoveAt(0);
        }
    }

    private Task<bool> CreateAsync(MhcTrainingJob job, JsonObject manifest, JobMemory memory, GuardedWrites writes,
        CancellationToken cancel) =>
        writes.TryAsync(WriteKind.Create, Kind(manifest), Name(manifest), () => cluster.CreateAsync(manifest, cancel),
            () => WhoseAsync(job, manifest, memory, cancel));

    /// <summary>Whose object has the name of one that could not be made.</summary>
    private async Task<Standing> WhoseAsync(MhcTrainingJob job, JsonObject manifest, JobMemory memory, CancellationToken cancel)
    {
        var (ns, kind, name) = (job.Metadata.NamespaceProperty, Kind(manifest), Name(manifest));
        V1ObjectMeta? there = kind switch
        {
            "Pod" => (await cluster.ReadPodAsync(ns, name, cancel))?.Metadata,
            "Service" => cluster.FindService(ns, name)?.Metadata,
            "ConfigMap" => cluster.FindConfigMap(ns, name)?.Metadata,
            "PersistentVolumeClaim" => cluster.FindClaim(ns, name)?.Metadata,
            "NetworkPolicy" => cluster.FindNetworkPolicy(ns, name)?.Metadata,
            _ => (await cluster.ReadPodGroupAsync((string?)manifest["apiVersion"] ?? "", kind, ns, name, cancel))?.Metadata,
        };
        if (kind != "PersistentVolumeClaim" && there is not null && !Gang.IsOwned(there, job)
            && there.Labels is { } labels && labels.TryGetValue(Labels.Job, out var of) && of == job.Metadata.Name)
        {
            memory.StoreHasMore = true; // of a job of this name before: the store shows it soon
            return Standing.Ours;
        }

        return there is null ? Standing.Nobody
            : Gang.IsOwned(there, job) ? Standing.Ours
            : kind == "PersistentVolumeClaim" ? OfClaim(there, job)
            : Standing.Foreign;
    }

    /// <summary>
    /// A claim of this name is used, unless another controller owns it. One of a job of this name before goes with that, and is waited for.
    /// </summary>
    private static Standing OfClaim(V1ObjectMeta claim, MhcTrainingJob job) =>
        (claim.OwnerReferences ?? []).FirstOrDefault(owner => owner.Controller == true) is not { } owner ? Standing.Ours
        : owner.Kind == MhcTrainingJob.KindName && owner.Name == job.Metadata.Name ? Standing.Nobody
        : Standing.Foreign;

    private static string Kind(JsonObject manifest) => (string)manifest["kind"]!;

    private static string Name(JsonObject manifest) => (string)manifest["metadata"]!["name"]!;

    /// <summary>Does one thing for each of several, some at a time.</summary>
    public static Task TogetherAsync<T>(IReadOnlyList<T> items, Func<T, CancellationToken, Task> one, CancellationToken cancel) =>
        items.Count == 0
            ? Task.CompletedTask
            : Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancel },
                async (item, token) => await one(item, token));
}
