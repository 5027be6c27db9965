using System.Collections.Concurrent;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Execution;

/// <summary>
/// Asks the containers of a gang how their processes are, where containers can restart in place and there is something to know: a pod that
/// is not ready any more says so, and then its peers are asked too; during a restart in place all are, until each has begun. While a gang
/// trains nobody is asked.
/// </summary>
internal sealed class WorkerQuestions(ICluster cluster, OperatorOptions options, TimeProvider time)
{
    /// <summary>Pods asked at once.</summary>
    private const int Concurrency = 32;

    /// <returns>When to ask next; null: there is nothing to ask.</returns>
    public async Task<TimeSpan?> AskAsync(Observed observed, WorkerMemory memory, CancellationToken cancel)
    {
        var wanted = Wanted(observed with { Reports = memory.Reports });
        if (wanted.Count == 0)
        {
            memory.InVain = 0;
            return null;
        }

        var now = time.GetUtcNow();
        if (now < memory.AskAgainAt)
        {
            return memory.AskAgainAt - now;
        }

        var answers = new ConcurrentDictionary<string, IReadOnlyList<WorkerReport>>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancel },
            async (pod, c) =>
        {
            if (await cluster.GetWorkerReportsAsync(pod.Pod, c) is { } reports)
            {
                answers[pod.Pod.Metadata.Uid] = reports;
            }
        });

        var known = observed.Pods.Select(p => p.Metadata.Uid)
            .Where(uid => uid is not null && !answers.ContainsKey(uid) && memory.Reports.ContainsKey(uid));
        memory.InVain = answers.Any(a => !memory.Reports.TryGetValue(a.Key, out var before) || !before.SequenceEqual(a.Value)) ? 0
            : memory.InVain + 1;
        memory.Reports = known.Select(uid => KeyValuePair.Create(uid, memory.Reports[uid])).Concat(answers)
            .ToDictionary(StringComparer.Ordinal);

        // A container that never answers, as that of a program which does not keep to the contract, is asked less and less often.
        var wait = ExponentialBackoff.Delay(memory.InVain / 4, options.AskInterval, options.PollInterval);
        memory.AskAgainAt = time.GetUtcNow() + wait;
        return wait;
    }

    private List<WorkerPod> Wanted(Observed observed)
    {
        if (observed.Manifest.Job is not { } job || observed.Status is not { Attempt: > 0 } status || job.Spec.Suspend
            || !InPlaceManifest.IsFor(job, options)
            || !status.Conditions.Any(c => c is { Type: ConditionTypes.Running or ConditionTypes.Restarting, Status: Conditions.True })
            || status.Conditions.Any(c => c is { Type: ConditionTypes.Succeeded or ConditionTypes.Failed, Status: Conditions.True }))
        {
            return [];
        }

        var pods = Gang.Of(observed, job, status).Current.Where(p => p is { IsSupervised: true, IsActive: true, Phase: "Running" })
            .ToList();
        if (status.InPlace?.Pending == true)
        {
            return [.. pods.Where(p => !p.HasEntered)];
        }

        var something = pods.Exists(p => p.End is { Held: true });
        return [.. pods.Where(p => !p.IsHeld && (something || !p.IsReady))];
    }
}

/// <summary>What the containers of one job's pods last said of their processes.</summary>
internal sealed class WorkerMemory
{
    /// <summary>By the pod's uid; replaced as a whole.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<WorkerReport>> Reports { get; set; } =
        new Dictionary<string, IReadOnlyList<WorkerReport>>(StringComparer.Ordinal);

    /// <summary>When they may be asked again.</summary>
    public DateTimeOffset AskAgainAt { get; set; }

    /// <summary>Questions in a row that told nothing new.</summary>
    public int InVain { get; set; }
}
