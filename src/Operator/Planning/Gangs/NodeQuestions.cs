using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>
/// Which nodes a plan needs to know of: those of pods that go without a word why, that should have gone long ago, or that might stay for
/// another attempt. Mostly none.
/// </summary>
internal static class NodeQuestions
{
    public static IEnumerable<string> Of(Observed observed, DateTimeOffset now)
    {
        if (observed.Manifest.Job is not { } job)
        {
            return [];
        }

        // What becomes of the first attempt's pods before it is recorded has the same causes as later.
        var gang = Gang.Of(observed, job, observed.RecordedStatus);
        return gang.Current.Where(p => IsUnexplained(p) || gang.Current.Any(other => other.End is { Held: true }))
            .Concat(gang.Previous.Where(p => IsOverdue(p, job.Spec.RunPolicy.TerminationTimeoutSeconds, now)))
            .Select(p => p.Pod.Spec?.NodeName)
            .Where(node => !string.IsNullOrEmpty(node))
            .Distinct(StringComparer.Ordinal)!;
    }

    /// <summary>When a pod that is being deleted should have ended, and its timeout has passed as well.</summary>
    public static DateTimeOffset? OverdueAt(V1Pod pod, int timeoutSeconds) =>
        pod.Metadata.DeletionTimestamp is { } deadline ? new DateTimeOffset(deadline.ToUniversalTime()).PlusSeconds(timeoutSeconds) : null;

    private static bool IsOverdue(WorkerPod pod, int timeoutSeconds, DateTimeOffset now) =>
        !pod.IsTerminal && OverdueAt(pod.Pod, timeoutSeconds) <= now;

    /// <summary>Servers before 1.26 do not say that they evict a pod; that its node is being drained says it.</summary>
    private static bool IsUnexplained(WorkerPod pod) => pod.IsLeaving && pod.End is { ExitCode: null, Disrupted: false };
}
