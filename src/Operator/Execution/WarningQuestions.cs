using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Execution;

/// <summary>
/// Asks for the Warnings about pods that have a node and do not run: a kubelet that cannot mount a volume or make a sandbox says so nowhere
/// else. Pods start in a few moments as a rule, and nobody is asked then; for those that do not, a few are asked in turn, less and less
/// often.
/// </summary>
internal sealed class WarningQuestions(ICluster cluster, OperatorOptions options, TimeProvider time)
{
    /// <summary>Pods asked at once.</summary>
    private const int AtOnce = 4;

    /// <summary>The longest wait, as a multiple of the first.</summary>
    private const int Longest = 16;

    /// <returns>When to ask next; null: there is nothing to ask.</returns>
    public async Task<TimeSpan?> AskAsync(Observed observed, WarningMemory memory, CancellationToken cancel)
    {
        var waiting = Waiting(observed);
        if (waiting.Count == 0)
        {
            (memory.Questions, memory.AskAgainAt) = (0, default);
            memory.Asked.Clear();
            Keep(memory, waiting, []);
            return null;
        }

        var now = time.GetUtcNow();
        var first = waiting.Min(p => p.PlacedAt ?? now) + options.WarningWait;
        var due = first > memory.AskAgainAt ? first : memory.AskAgainAt;
        if (now < due)
        {
            return due - now;
        }

        memory.Questions++;
        var answers = new Dictionary<string, ClusterEvent>(StringComparer.Ordinal);
        foreach (var pod in waiting.OrderBy(p => memory.Asked.GetValueOrDefault(Uid(p))).Take(AtOnce))
        {
            memory.Asked[Uid(pod)] = memory.Questions;
            if (await AskAsync(pod, cancel) is { } warning)
            {
                answers[Uid(pod)] = warning;
            }
        }

        Keep(memory, waiting, answers);
        var wait = ExponentialBackoff.Delay(memory.Questions - 1, options.WarningWait, options.WarningWait * Longest);
        memory.AskAgainAt = time.GetUtcNow() + wait;
        return wait;
    }

    private static List<WorkerPod> Waiting(Observed observed) =>
        observed.Manifest.Job is { Metadata.DeletionTimestamp: null, Spec.Suspend: false } job
            ? [.. Gang.Of(observed, job,
                observed.RecordedStatus).Current.Where(p => p is { IsScheduled: true, IsActive: true, HasStarted: false })]
            : [];

    /// <summary>Nothing depends on the answer: where events may not be read, the pods' own states must do.</summary>
    private async Task<ClusterEvent?> AskAsync(WorkerPod pod, CancellationToken cancel)
    {
        try
        {
            // What the scheduler said before it found a node is over.
            return await cluster.FindWarningAsync(pod.Pod, pod.PlacedAt ?? DateTimeOffset.MinValue, cancel);
        }
        catch (ApiException)
        {
            return null;
        }
    }

    private static void Keep(WarningMemory memory, List<WorkerPod> waiting, Dictionary<string, ClusterEvent> answers)
    {
        foreach (var uid in waiting.Select(Uid).Where(uid => !answers.ContainsKey(uid) && memory.Warnings.ContainsKey(uid)))
        {
            answers[uid] = memory.Warnings[uid];
        }

        if (answers.Count != memory.Warnings.Count || answers.Any(a => memory.Warnings.GetValueOrDefault(a.Key) != a.Value))
        {
            memory.Warnings = answers;
        }
    }

    private static string Uid(WorkerPod pod) => pod.Pod.Metadata.Uid ?? "";
}

/// <summary>What the cluster last warned of about one job's pods that do not run yet.</summary>
internal sealed class WarningMemory
{
    /// <summary>By the pod's uid; replaced as a whole, and only where something is new.</summary>
    public IReadOnlyDictionary<string, ClusterEvent> Warnings { get; set; } = new Dictionary<string, ClusterEvent>(StringComparer.Ordinal);

    /// <summary>Pods that were asked for, and which question it was.</summary>
    public Dictionary<string, int> Asked { get; } = new(StringComparer.Ordinal);

    /// <summary>Questions so far.</summary>
    public int Questions { get; set; }

    /// <summary>When the next may be asked.</summary>
    public DateTimeOffset AskAgainAt { get; set; }
}
