using System.Globalization;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>The job's pods in buckets. One label compared with one counter tells whether a pod is of this gang or of one before.</summary>
internal sealed class Gang
{
    /// <summary>As the resource definition has it; a job that was stored with more is invalid.</summary>
    private const int MostWorkers = 4096;

    private Gang(IReadOnlyList<WorkerPod> current, IReadOnlyList<WorkerPod> previous, IReadOnlyList<V1Pod> foreign,
        IReadOnlyList<int> missing)
    {
        Current = current;
        Previous = previous;
        Foreign = foreign;
        Missing = missing;
    }

    /// <summary>Pods that the current attempt runs in.</summary>
    public IReadOnlyList<WorkerPod> Current { get; }

    /// <summary>Pods made for other attempts; they must be gone before new ones are made.</summary>
    public IReadOnlyList<WorkerPod> Previous { get; }

    /// <summary>Pods that look like the job's, but that it does not own.</summary>
    public IReadOnlyList<V1Pod> Foreign { get; }

    /// <summary>Workers of the current attempt that have no pod.</summary>
    public IReadOnlyList<int> Missing { get; }

    /// <summary>Whether a pod of another attempt has not ended.</summary>
    public bool HasPredecessors => Previous.Any(p => !p.IsTerminal);

    public bool IsComplete => Missing.Count == 0;

    public bool HasSucceeded => IsComplete && Current.Count > 0 && Current.All(p => p.HasSucceeded);

    /// <summary>Every rank has ended with 0, some perhaps only because they were told to end.</summary>
    public bool IsDone => IsComplete && Current.Count > 0 && Current.All(p => p.IsDone);

    public bool IsRunning => IsComplete && Current.Count > 0 && Current.All(p => p.IsRunning && p.End is null);

    /// <summary>Whether it has run, whatever has become of it since.</summary>
    public bool HasStarted => IsComplete && Current.All(p => p.HasStarted);

    public bool IsScheduled => IsComplete && Current.Count > 0 && Current.All(p => p.IsScheduled);

    public static Gang Of(Observed observed, MhcTrainingJob job, MhcTrainingJobStatus status)
    {
        var (pods, attempt) = (observed.Pods, GangAttempt.Of(status));
        var owned = pods.Where(p => IsOwned(p.Metadata, job))
            .Select(p => new WorkerPod(
                p, AttemptOf(p), status.Attempt, observed.Reports.GetValueOrDefault(p.Metadata.Uid ?? ""),
                job.Spec.Workers.DevicesPerWorker))
            .OrderBy(p => RankOf(p.Pod)).ToList();
        var current = owned.Where(p => p.Attempt == attempt).ToList();
        var names = current.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        return new Gang(
            current,
            [.. owned.Where(p => p.Attempt != attempt)],
            [.. pods.Where(p => !IsOwned(p.Metadata, job))],
            [.. Enumerable.Range(0, Math.Clamp(job.Spec.Workers.Replicas, 0, MostWorkers))
                .Where(w => !names.Contains(GangNames.Pod(job.Metadata.Name, attempt, w)))]);
    }

    /// <summary>Whether the job controls the object: by uid, since a name can be used again.</summary>
    public static bool IsOwned(V1ObjectMeta metadata, MhcTrainingJob job) =>
        (metadata.OwnerReferences ?? []).Any(o => o.Controller == true && o.Uid == job.Metadata.Uid);

    private static int AttemptOf(V1Pod pod) => Number(pod, Labels.Attempt) ?? 0;

    private static int RankOf(V1Pod pod) => Number(pod, Labels.Rank) ?? int.MaxValue;

    private static int? Number(V1Pod pod, string label) =>
        pod.Metadata.Labels is { } labels && labels.TryGetValue(label, out var text)
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;
}
