using System.Collections.Concurrent;
using System.Net;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Planning;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Policies;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Execution;

/// <summary>
/// Observes one job, plans, and has the plan carried out (<see cref="PlanWriter"/>).
/// One job is never reconciled twice at once; different jobs may be.
/// </summary>
public sealed class JobExecutor
{
    private readonly ICluster _cluster;
    private readonly OperatorOptions _options;
    private readonly TimeProvider _time;
    private readonly OperatorMetrics? _metrics;
    private readonly ILogger? _log;
    private readonly WorkerQuestions _workers;
    private readonly WarningQuestions _warnings;
    private readonly LostPods _lost;
    private readonly PlanWriter _writer;
    private readonly ConcurrentDictionary<NamespacedName, JobMemory> _memories = new();

    /// <summary>An executor over a cluster.</summary>
    public JobExecutor(ICluster cluster, OperatorOptions options, TimeProvider time, OperatorMetrics? metrics = null, ILogger? log = null)
    {
        _cluster = cluster;
        _options = options;
        _time = time;
        _metrics = metrics;
        _log = log;
        _workers = new WorkerQuestions(cluster, options, time);
        _warnings = new WarningQuestions(cluster, options, time);
        _lost = new LostPods(cluster);
        _writer = new PlanWriter(cluster, time, metrics);
    }

    /// <summary>Brings one job a step nearer to what its spec asks for.</summary>
    /// <exception cref="ApiException">The cluster failed or the job changed meanwhile (409); look again, soon.</exception>
    public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken cancel)
    {
        if (_cluster.FindJob(key) is not { } manifest)
        {
            _memories.TryRemove(key, out _);
            _metrics?.Forget(key);
            return new ReconcileResult(null);
        }

        var memory = Remember(key, manifest);
        var observed = Observe(key, manifest, memory);
        var nextPoll = await PollAsync(observed, memory, cancel);
        var nextQuestion = await _workers.AskAsync(observed, memory.Workers, cancel);
        var nextWarning = await _warnings.AskAsync(observed, memory.Warnings, cancel);
        observed = observed with { Report = memory.Report, Reports = memory.Workers.Reports, Warnings = memory.Warnings.Warnings };
        observed = observed with { Nodes = await ReadNodesAsync(observed, memory, cancel) };
        nextPoll = Sooner(Sooner(nextPoll, nextQuestion), nextWarning);
        var now = _time.GetUtcNow();
        if (memory.Planned is { } planned && observed.IsSameAs(planned) && !(memory.PlanHoldsUntil <= now))
        {
            return new ReconcileResult(Sooner(memory.PlanHoldsUntil - now, nextPoll));
        }

        memory.Planned = null;
        var writes = new GuardedWrites(key, manifest.Metadata.Generation, memory, _options, _time, _log);
        if (await _lost.FindAsync(observed, now, writes, cancel))
        {
            return new ReconcileResult(_options.AskInterval);
        }

        observed = observed with { Refusals = memory.RefusalsInOrder };
        var plan = Planner.Plan(observed, now);
        var refused = await _writer.CarryOutAsync(observed, plan, memory, writes, cancel);
        _metrics?.Observe(key, plan.Status ?? observed.Status);
        (memory.Planned, memory.PlanHoldsUntil) =
            (plan.IsIdle && !refused ? observed : null, plan.RequeueAfter is { } wait ? now.Plus(wait) : null);
        return new ReconcileResult(refused ? TimeSpan.Zero : Sooner(plan.RequeueAfter, nextPoll));
    }

    private JobMemory Remember(NamespacedName key, JobManifest manifest)
    {
        var memory = _memories.GetOrAdd(key, _ => new JobMemory { Uid = manifest.Metadata.Uid });
        return memory.Uid == manifest.Metadata.Uid ? memory : _memories[key] = new JobMemory { Uid = manifest.Metadata.Uid };
    }

    private Observed Observe(NamespacedName key, JobManifest manifest, JobMemory memory)
    {
        // What the cluster must have follows from the job as it is acted on, which may differ from its spec.
        var status = manifest.Status ?? manifest.Job?.Status;
        if (!ReferenceEquals(memory.AcceptedOf, manifest))
        {
            memory.AcceptedOf = manifest;
            memory.Accepted = AcceptedJob.Of(manifest, status).Job;
        }

        var job = memory.Accepted!;
        var observed = new Observed { Manifest = manifest, Pods = _cluster.ListPods(key) };
        var recorded = observed.RecordedStatus;
        if (memory.CompleteAttempt != recorded.Attempt && Gang.Of(observed, job, recorded).IsComplete)
        {
            memory.CompleteAttempt = recorded.Attempt;
        }

        return observed with
        {
            Service = _cluster.FindService(key.Namespace, GangNames.Service(key.Name)),
            ConfigMap = _cluster.FindConfigMap(key.Namespace, GangNames.ConfigMap(key.Name)),
            Claim = _cluster.FindClaim(key.Namespace, GangNames.Claim(key.Name)),
            NetworkPolicy = _options.JobNetwork is null ? null
                : _cluster.FindNetworkPolicy(key.Namespace, GangNames.NetworkPolicy(key.Name)),
            NetworkPolicies = _options.JobNetwork is null ? ApiSupport.Unknown : _cluster.NetworkPolicies,
            Gangs = PodGroupPolicy.Feature(job.Spec.Scheduling.Gang) is { } feature ? _cluster.FindApi(feature) : ApiSupport.Unknown,
            ResourceClaims = PodGroupPolicy.AsksForClaims(job) ? _cluster.FindApi(ApiFeature.ResourceClaims) : ApiSupport.Unknown,
            PodGroups = _cluster.ListPodGroups(key),
            Refusals = memory.RefusalsInOrder,
            CompleteAttempt = memory.CompleteAttempt,
            Entropy = memory.Entropy,
            StatusWrittenAt = memory.StatusWrittenAt,
            StatusDebouncedSince = memory.StatusDebouncedSince,
            Options = _options,
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

        var now = _time.GetUtcNow();
        if (memory.AskedAt + _options.PollInterval is { } due && now < due)
        {
            return due - now;
        }

        memory.AskedAt = now;
        if (await _cluster.GetTrainerStatusAsync(rank0.Pod, cancel) is { } report)
        {
            memory.Report = new TrainerReport(report, _time.GetUtcNow());
        }

        return _options.PollInterval;
    }

    /// <summary>Reads the nodes that the plan depends on, each once in a while.</summary>
    private async Task<IReadOnlyDictionary<string, NodeState>> ReadNodesAsync(Observed observed, JobMemory memory, CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        var wanted = NodeQuestions.Of(observed, now).ToList();
        foreach (var old in memory.Nodes.Where(n => !wanted.Contains(n.Key) || n.Value.ReadAt + _options.ApiRetry <= now).Select(n => n.Key)
            .ToList())
        {
            memory.Nodes.Remove(old);
        }

        foreach (var name in wanted.Where(n => !memory.Nodes.ContainsKey(n)))
        {
            try
            {
                memory.Nodes[name] = (NodeState.Of(await _cluster.ReadNodeAsync(name, cancel)), now);
            }
            catch (ApiException e) when (e.Status == HttpStatusCode.Forbidden)
            {
                // An operator of one namespace may not see nodes: then nothing is known of them, and nothing is concluded.
                memory.Nodes[name] = (new NodeState(IsGone: false, IsCordoned: false, IsOutOfService: false, NotReadySince: null), now);
            }
        }

        return memory.Nodes.ToDictionary(n => n.Key, n => n.Value.State, StringComparer.Ordinal);
    }

    private static TimeSpan? Sooner(TimeSpan? a, TimeSpan? b) => a is null || (b is not null && b < a) ? b : a;
}
