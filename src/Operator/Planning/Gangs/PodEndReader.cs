using k8s.Models;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>Reads how a pod has ended. Ranks come first; what ends besides them is infrastructure.</summary>
internal static class PodEndReader
{
    /// <summary>Codes that decide over those of other ranks and pods, the strongest first.</summary>
    private static readonly int[] DecisiveCodes = [ExitCode.ConfigurationWrong, ExitCode.DataUnreadable, ExitCode.Unstable];

    /// <summary>Null: it has not ended, or every rank of it has ended with 0 by itself.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="ranks">Names of its containers that are ranks.</param>
    /// <param name="processes">How processes of it have ended whose containers go on.</param>
    public static PodEnd? Read(V1Pod pod, IReadOnlyList<string> ranks, IReadOnlyList<PodEnd> processes)
    {
        var disrupted = PodDisruption.Is(pod);
        if (IsDone(pod, ranks))
        {
            return PodDisruption.IsAskedToEnd(pod) ? AfterItWasAsked(pod, disrupted) : null;
        }

        // One rank that has failed is the end of the gang, even while its neighbours still wait for it.
        var containers = Statuses(pod, ranks)
            .Select(c => c.State?.Terminated)
            .Where(t => t is { ExitCode: not ExitCode.Done })
            .Select(t => new PodEnd(t!.ExitCode, t.Reason ?? "Error", TrainerAnswer.Words(t.Message), ToOffset(t.FinishedAt), disrupted));
        var decisive = processes.Where(p => IsDecisive(p.ExitCode));
        var strongest = containers.Concat(decisive).OrderBy(e => Strength(e.ExitCode)).FirstOrDefault();
        if (strongest is not null && IsDecisive(strongest.ExitCode))
        {
            return strongest;
        }

        // What somebody has decided about the pod is the cause, and not what its containers make of it.
        if (pod.Status is { Phase: "Failed", Reason: { Length: > 0 } reason })
        {
            return new PodEnd(null, reason, TrainerAnswer.Words(pod.Status.Message), null, disrupted);
        }

        if (strongest is null && pod.Metadata.DeletionTimestamp is not null)
        {
            return new PodEnd(null, "Deleted", "the pod was deleted", null, disrupted);
        }

        return strongest ?? Other(pod, ranks, disrupted)
            ?? (pod.Status?.Phase == "Failed" ? Failed(pod, disrupted) : null)
            ?? processes.OrderBy(e => Strength(e.ExitCode)).FirstOrDefault();
    }

    /// <summary>Whether every rank of the pod has ended with 0, whatever its other containers do.</summary>
    public static bool IsDone(V1Pod pod, IReadOnlyList<string> ranks)
    {
        var known = Statuses(pod, ranks).ToList();
        return known.Count == 0
            ? pod.Status?.Phase == "Succeeded"
            : known.Count == ranks.Count && known.TrueForAll(c => c.State?.Terminated is { ExitCode: ExitCode.Done });
    }

    /// <summary>What the kubelet says of the containers that are ranks.</summary>
    public static IEnumerable<V1ContainerStatus> Statuses(V1Pod pod, IReadOnlyList<string> ranks) =>
        (pod.Status?.ContainerStatuses ?? []).Where(c => ranks.Contains(c.Name, StringComparer.Ordinal));

    /// <summary>Order among codes: the smallest decides.</summary>
    public static int Strength(int? exitCode) =>
        exitCode is { } code && Array.IndexOf(DecisiveCodes, code) is >= 0 and var index ? index : DecisiveCodes.Length;

    private static bool IsDecisive(int? exitCode) => Strength(exitCode) < DecisiveCodes.Length;

    private static PodEnd AfterItWasAsked(V1Pod pod, bool disrupted) => new(
        null,
        pod.Metadata.DeletionTimestamp is not null ? "Deleted" : pod.Status?.Reason ?? "Disrupted",
        "the trainer ended with 0 after it had been told to end",
        null,
        disrupted);

    private static PodEnd Failed(V1Pod pod, bool disrupted) =>
        new(null, "PodFailed", TrainerAnswer.Words(pod.Status.Message ?? "the pod failed without an exit code"), null, disrupted);

    /// <summary>A container beside the ranks, or one before them, that has failed and that the kubelet does not start again.</summary>
    private static PodEnd? Other(V1Pod pod, IReadOnlyList<string> ranks, bool disrupted)
    {
        var restarted = (pod.Spec?.InitContainers ?? []).Concat(pod.Spec?.Containers ?? [])
            .Where(c => c.RestartPolicy is "Always" or "OnFailure")
            .Select(c => c.Name)
            .ToHashSet(StringComparer.Ordinal);
        var failed = (pod.Status?.InitContainerStatuses ?? []).Select(c => (Kind: "init container", Status: c))
            .Concat((pod.Status?.ContainerStatuses ?? [])
                .Where(c => !ranks.Contains(c.Name, StringComparer.Ordinal))
                .Select(c => (Kind: "container", Status: c)))
            .FirstOrDefault(c => c.Status.State?.Terminated is { ExitCode: not 0 } && !restarted.Contains(c.Status.Name));
        if (failed.Status?.State?.Terminated is not { } end)
        {
            return null;
        }

        var other = ($"{failed.Kind} {failed.Status.Name}", end.ExitCode);
        return new PodEnd(null, end.Reason ?? "Error", TrainerAnswer.Words(end.Message), ToOffset(end.FinishedAt), disrupted, Other: other);
    }

    private static DateTimeOffset? ToOffset(DateTime? time) =>
        time is { } t ? new DateTimeOffset(DateTime.SpecifyKind(t, DateTimeKind.Utc)) : null;
}
