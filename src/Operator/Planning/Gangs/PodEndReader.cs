using k8s.Models;
using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>Reads how a pod has ended.</summary>
internal static class PodEndReader
{
    /// <summary>Codes that decide over those of other containers and pods, the strongest first.</summary>
    private static readonly int[] DecisiveCodes = [ExitCode.ConfigurationWrong, ExitCode.DataUnreadable, ExitCode.Unstable];

    /// <summary>Null: it has not ended, or it has succeeded.</summary>
    public static PodEnd? Read(V1Pod pod)
    {
        // One container that has failed is the end of the gang, even while its neighbours still wait for it.
        var terminated = (pod.Status?.ContainerStatuses ?? [])
            .Select(c => c.State?.Terminated)
            .Where(t => t is { ExitCode: not ExitCode.Done })
            .OrderBy(t => Strength(t!.ExitCode))
            .FirstOrDefault();
        if (terminated is not null)
        {
            return new PodEnd(terminated.ExitCode, terminated.Reason ?? "Error", terminated.Message ?? "", ToOffset(terminated.FinishedAt), IsDisrupted(pod));
        }

        if (pod.Status?.Phase == "Failed")
        {
            return new PodEnd(null, pod.Status.Reason ?? "PodFailed", pod.Status.Message ?? "the pod failed without an exit code", null, IsDisrupted(pod));
        }

        return pod.Metadata.DeletionTimestamp is not null && pod.Status?.Phase != "Succeeded"
            ? new PodEnd(null, "Deleted", "the pod was deleted", null, IsDisrupted(pod))
            : null;
    }

    /// <summary>Order among codes: the smallest decides.</summary>
    public static int Strength(int? exitCode) =>
        exitCode is { } code && Array.IndexOf(DecisiveCodes, code) is >= 0 and var index ? index : DecisiveCodes.Length;

    // KEP-3329: the API server, scheduler and taint manager say so before they end a pod, and so does Kueue, in a word of its own, when it takes
    // a group's quota away. Kubelets before 1.26 only give a reason.
    private static bool IsDisrupted(V1Pod pod) =>
        (pod.Status?.Conditions ?? []).Any(c => c is { Type: "DisruptionTarget" or "TerminationTarget", Status: "True" })
        || pod.Status is { Phase: "Failed", Reason: "Shutdown" or "NodeShutdown" or "NodeLost" or "Preempting" }
        || (pod.Status is { Phase: "Failed", Reason: "Evicted", Message: { } message } && message.StartsWith("The node was low on resource", StringComparison.Ordinal));

    private static DateTimeOffset? ToOffset(DateTime? time) =>
        time is { } t ? new DateTimeOffset(DateTime.SpecifyKind(t, DateTimeKind.Utc)) : null;
}
