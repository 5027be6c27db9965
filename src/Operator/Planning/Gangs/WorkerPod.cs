using k8s.Models;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>A pod of the job, read once.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Attempt">Its label.</param>
internal sealed record WorkerPod(V1Pod Pod, int Attempt)
{
    /// <summary>How it failed; null: it has not.</summary>
    public PodEnd? End { get; } = PodEndReader.Read(Pod);

    public string Name => Pod.Metadata.Name;

    /// <summary>What its container left when it ended; empty where it left nothing.</summary>
    public string TerminationMessage =>
        (Pod.Status?.ContainerStatuses ?? []).Select(c => c.State?.Terminated?.Message).FirstOrDefault(m => !string.IsNullOrEmpty(m)) ?? "";

    public string? Phase => Pod.Status?.Phase;

    public bool HasSucceeded => Phase == "Succeeded";

    public bool HasFailed => Phase == "Failed";

    /// <summary>No process of it runs any more: it can write to no checkpoint.</summary>
    public bool IsTerminal => HasSucceeded || HasFailed;

    public bool IsLeaving => Pod.Metadata.DeletionTimestamp is not null && !IsTerminal;

    public bool IsActive => !IsTerminal && Pod.Metadata.DeletionTimestamp is null;

    public bool IsScheduled => !string.IsNullOrEmpty(Pod.Spec?.NodeName) || Phase is "Running" || IsTerminal;

    /// <summary>All its containers have started.</summary>
    public bool IsRunning =>
        HasSucceeded || (Phase == "Running" && (Pod.Status?.ContainerStatuses ?? []).All(c => c.State?.Waiting is null));

    public bool IsReady => IsActive && (Pod.Status?.Conditions ?? []).Any(c => c is { Type: "Ready", Status: "True" });
}
