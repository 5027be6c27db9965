using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Planning;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Policies;

namespace MhcOperator.Operator.Execution;

/// <summary>
/// Observes one job, plans, and carries the plan out. The order is the safety of it: the status first, for it holds the decisions; then the
/// deletions, then the creations, then the events. Only of a first attempt, of which there is nothing to decide, the pods come before the status. A process that dies in between leaves a status from which the next one plans the rest, and
/// names that carry the attempt, so that doing something again is a conflict and not a second pod.
/// One job is never reconciled twice at once; different jobs may be.
/// </summary>
public sealed class JobExecutor
{
    /// <summary>Requests in flight for one job; a gang of 8 is made in one round trip, one of 512 does not flood the server.</summary>
    private const int Concurrency = 32;

    private readonly ICluster cluster;
    private readonly OperatorOptions options;
    private readonly TimeProvider time;
    private readonly OperatorMetrics? metrics;
    private readonly WorkerQuestions workers;
    private readonly WarningQuestions warnings;
    private readonly LostPods lost;
    private readonly ConcurrentDictionary<JobKey, JobMemory> memories = new();

    /// <summary>An executor over a cluster.</summary>
    public JobExecutor(ICluster cluster, OperatorOptions options, TimeProvider time, OperatorMetrics? metrics = null)
    {
        this.cluster = cluster;
        this.options = options;
        this.time = time;
        this.metrics = metrics;
        workers = new WorkerQuestions(cluster, options, time);
        warnings = new WarningQuestions(cluster, options, time);
        lost = new LostPods(cluster);
    }

    /// <summary>Brings one job a step nearer to what its spec asks for.</summary>
    /// <exception cref="ClusterException">The cluster failed or the job changed meanwhile (409); look again, soon.</exception>
    public async Task<ReconcileResult> ReconcileAsync(JobKey key, CancellationToken cancel)
    {
        if (cluster.FindJob(key) is not { } manifest)
        {
            memories.TryRemove(key, out _);
            metrics?.Forget(key);
            return new ReconcileResult(null);
        }

        var memory = Remember(key, manifest);
        var observed = Observe(key, manifest, memory);
        var nextPoll = await PollAsync(observed, memory, cancel);
        var nextQuestion = await workers.AskAsync(observed, memory.Workers, cancel);
        var nextWarning = await warnings.AskAsync(observed, memory.Warnings, cancel);
        observed = observed with { Report = memory.Report, Reports = memory.Workers.Reports, Warnings = memory.Warnings.Warnings };
        observed = observed with { Nodes = await ReadNodesAsync(observed, memory, cancel) };
        nextPoll = Sooner(Sooner(nextPoll, nextQuestion), nextWarning);
        if (memory.Planned is { } planned && observed.IsSameAs(planned) && !(memory.PlanHoldsUntil <= time.GetUtcNow()))
        {
            return new ReconcileResult(Sooner(memory.PlanHoldsUntil - time.GetUtcNow(), nextPoll));
        }

        memory.Planned = null;
        var now = time.GetUtcNow();
        if (await lost.FindAsync(observed, now, cancel))
        {
            return new ReconcileResult(options.AskInterval);
        }

        var plan = Planner.Plan(observed, now);
        var refused = await CarryOutAsync(key, observed, plan, memory, cancel);
        metrics?.Observe(key, plan.Status ?? observed.Status);
        (memory.Planned, memory.PlanHoldsUntil) = (plan.IsIdle && !refused ? observed : null, now + plan.RequeueAfter);
        return new ReconcileResult(refused ? TimeSpan.Zero : Sooner(plan.RequeueAfter, nextPoll));
    }

    private JobMemory Remember(JobKey key, JobManifest manifest)
    {
        var memory = memories.GetOrAdd(key, _ => new JobMemory { Uid = manifest.Metadata.Uid });
        return memory.Uid == manifest.Metadata.Uid ? memory : memories[key] = new JobMemory { Uid = manifest.Metadata.Uid };
    }

    private Observed Observe(JobKey key, JobManifest manifest, JobMemory memory)
    {
        // What the cluster must have follows from the job as it is acted on, which may differ from its spec.
        var status = manifest.Status ?? manifest.Job?.Status;
        if (!ReferenceEquals(memory.AcceptedOf, manifest))
        {
            memory.AcceptedOf = manifest;
            memory.Accepted = AcceptedJob.Of(manifest, status).Job;
        }

        var job = memory.Accepted!;
        var observed = new Observed { Manifest = manifest, Pods = cluster.ListPods(key) };
        var recorded = observed.RecordedStatus;
        if (memory.CompleteAttempt != recorded.Attempt && Gang.Of(observed, job, recorded).IsComplete)
        {
            memory.CompleteAttempt = recorded.Attempt;
        }

        return observed with
        {
            Service = cluster.FindService(key.Namespace, GangNames.Service(key.Name)),
            ConfigMap = cluster.FindConfigMap(key.Namespace, GangNames.ConfigMap(key.Name)),
            Claim = cluster.FindClaim(key.Namespace, GangNames.Claim(key.Name)),
            Gangs = PodGroupPolicy.Feature(job.Spec.Scheduling.Gang) is { } feature ? cluster.FindApi(feature) : ApiSupport.Unknown,
            ResourceClaims = PodGroupPolicy.AsksForClaims(job) ? cluster.FindApi(ApiFeature.ResourceClaims) : ApiSupport.Unknown,
            PodGroups = cluster.ListPodGroups(key),
            Refusals = [.. memory.Refusals.Values],
            CompleteAttempt = memory.CompleteAttempt,
            StatusWrittenAt = memory.StatusWrittenAt,
            StatusWaitsSince = memory.StatusWaitsSince,
            Options = options,
        };
    }

    /// <summary>Asks rank 0 of a running gang, where that is due.</summary>
    /// <returns>When to ask next; null: there is nobody to ask.</returns>
    private async Task<TimeSpan?> PollAsync(Observed observed, JobMemory memory, CancellationToken cancel)
    {
        if (observed.Manifest.Job is not { } job || observed.Status is not { Attempt: > 0 } status
            || !Conditions.IsTrue(status.Conditions, ConditionTypes.Running)
            || Gang.Of(observed, job, status).Current is not [{ IsActive: true, Phase: "Running" } rank0, ..])
        {
            return null;
        }

        var now = time.GetUtcNow();
        if (memory.AskedAt + options.PollInterval is { } due && now < due)
        {
            return due - now;
        }

        memory.AskedAt = now;
        if (await cluster.GetTrainerStatusAsync(rank0.Pod, cancel) is { } report)
        {
            memory.Report = new TrainerReport(report, time.GetUtcNow());
        }

        return options.PollInterval;
    }

    /// <summary>Reads the nodes that the plan depends on, each once in a while.</summary>
    private async Task<IReadOnlyDictionary<string, NodeState>> ReadNodesAsync(Observed observed, JobMemory memory, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var wanted = NodeQuestions.Of(observed, now).ToList();
        foreach (var old in memory.Nodes.Where(n => !wanted.Contains(n.Key) || n.Value.ReadAt + options.ApiRetry <= now).Select(n => n.Key).ToList())
        {
            memory.Nodes.Remove(old);
        }

        foreach (var name in wanted.Where(n => !memory.Nodes.ContainsKey(n)))
        {
            try
            {
                memory.Nodes[name] = (NodeState.Of(await cluster.ReadNodeAsync(name, cancel)), now);
            }
            catch (ClusterException e) when (e.Status == HttpStatusCode.Forbidden)
            {
                // An operator of one namespace may not see nodes: then nothing is known of them, and nothing is concluded.
                memory.Nodes[name] = (new NodeState(IsGone: false, IsCordoned: false, IsOutOfService: false, NotReadySince: null), now);
            }
        }

        return memory.Nodes.ToDictionary(n => n.Key, n => n.Value.State, StringComparer.Ordinal);
    }

    /// <returns>Whether something was refused, which the next plan must be told of.</returns>
    private async Task<bool> CarryOutAsync(JobKey key, Observed observed, Plan plan, JobMemory memory, CancellationToken cancel)
    {
        var job = observed.Manifest.Job ?? new MhcTrainingJob { Metadata = observed.Manifest.Metadata };
        if (plan.SuspendJob)
        {
            await cluster.SuspendJobAsync(job, cancel);
            return false;
        }

        memory.StoreHasMore = false;
        memory.StatusWaitsSince = plan.StatusWaits ? memory.StatusWaitsSince ?? time.GetUtcNow() : null;
        if (plan is { Status: { } status, StatusFollowsPods: false })
        {
            await cluster.PatchStatusAsync(job, status, cancel);
            memory.StatusWrittenAt = time.GetUtcNow();
            metrics?.Count(observed.Status, status);
        }

        await TogetherAsync(plan.Dump, cluster.DumpThreadsAsync, cancel);
        await TogetherAsync(plan.Order, (o, c) => cluster.OrderAsync(o.Pod, o.Order, o.Count, c), cancel);
        await TogetherAsync(plan.Stop, cluster.StopPodAsync, cancel);
        await TogetherAsync(plan.Delete, (d, c) => cluster.DeletePodAsync(d.Pod, d.GraceSeconds, c), cancel);
        await TogetherAsync(plan.DeleteGroups, cluster.DeletePodGroupAsync, cancel);
        var generation = job.Metadata.Generation;
        var refusals = memory.Refusals.Count;
        if (plan.Create.Count + plan.Pods.Count > 0)
        {
            memory.Refusals.Clear();
            refusals = 0;
        }

        await TogetherAsync(plan.Create, (m, c) => CreateAsync(job, m, generation, memory, c), cancel);
        await TogetherAsync(plan.Apply, cluster.ApplyAsync, cancel);
        if (memory.Refusals.IsEmpty)
        {
            await TogetherAsync(plan.Pods, (m, c) => CreateAsync(job, m, generation, memory, c), cancel);
        }

        if (plan.Claim is { } change)
        {
            await cluster.SetClaimOwnerAsync(change.Claim, change.IsOwned ? job : null, cancel);
        }

        foreach (var happened in plan.Events)
        {
            await cluster.RecordEventAsync(job, happened, cancel);
        }

        if (plan.DeleteJob)
        {
            await cluster.DeleteJobAsync(job, cancel);
        }

        return memory.Refusals.Count > refusals || memory.StoreHasMore;
    }

    private async ValueTask CreateAsync(MhcTrainingJob job, JsonObject manifest, long? generation, JobMemory memory, CancellationToken cancel)
    {
        var kind = (string)manifest["kind"]!;
        var name = (string)manifest["metadata"]!["name"]!;
        try
        {
            await cluster.CreateAsync(manifest, cancel);
        }
        catch (ClusterException e) when (e.Status is HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            var foreign = e.Status == HttpStatusCode.Conflict ? await FindForeignAsync(job, (string?)manifest["apiVersion"] ?? "", kind, name, cancel) : null;
            if (foreign?.Labels is { } labels && labels.TryGetValue(Labels.Job, out var of) && of == job.Metadata.Name)
            {
                memory.StoreHasMore = true;
            }
            else if (e.Status != HttpStatusCode.Conflict || foreign is not null)
            {
                memory.Refusals[(kind, name)] = new Refusal(kind, name, e.Status, e.Message, generation, time.GetUtcNow());
            }
        }
    }

    /// <summary>The object that has the name, where it is somebody else's; one of our own was made by a process before this one.</summary>
    private async Task<V1ObjectMeta?> FindForeignAsync(MhcTrainingJob job, string apiVersion, string kind, string name, CancellationToken cancel)
    {
        var ns = job.Metadata.NamespaceProperty;
        V1ObjectMeta? owner = kind switch
        {
            "Pod" => (await cluster.ReadPodAsync(ns, name, cancel))?.Metadata,
            "Service" => cluster.FindService(ns, name)?.Metadata,
            "ConfigMap" => cluster.FindConfigMap(ns, name)?.Metadata,
            // A claim of this name is used, unless another controller owns it; the next plan sees that.
            "PersistentVolumeClaim" => null,
            _ => (await cluster.ReadPodGroupAsync(apiVersion, kind, ns, name, cancel))?.Metadata,
        };
        return owner is not null && !Gang.IsOwned(owner, job) ? owner : null;
    }

    private static Task TogetherAsync<T>(IReadOnlyList<T> items, Func<T, CancellationToken, ValueTask> one, CancellationToken cancel) =>
        items.Count == 0
            ? Task.CompletedTask
            : Parallel.ForEachAsync(items, new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancel }, one);

    private static Task TogetherAsync<T>(IReadOnlyList<T> items, Func<T, CancellationToken, Task> one, CancellationToken cancel) =>
        TogetherAsync(items, (item, token) => new ValueTask(one(item, token)), cancel);

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null || (b is not null && b < a) ? b : a;
}
