using System.Globalization;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>A pod of the job, read once.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Attempt">Its label: the attempt that it was made for.</param>
/// <param name="Current">The attempt that the job is at.</param>
/// <param name="Reports">What its containers said of their processes; null: nothing is known.</param>
/// <param name="Devices">Of a worker of the job; null: not known.</param>
internal sealed record WorkerPod(V1Pod Pod, int Attempt, int Current, IReadOnlyList<WorkerReport>? Reports = null, int? Devices = null)
{
    /// <summary>How it failed; null: it has not.</summary>
    public PodEnd? End { get; } = PodEndReader.Read(Pod, RankContainers.Of(Pod, Devices), ProcessEndReader.Read(Reports, Current));

    /// <summary>Names of its containers that are ranks, the lowest first.</summary>
    public IReadOnlyList<string> Ranks { get; } = RankContainers.Of(Pod, Devices);

    public string Name => Pod.Metadata.Name;

    /// <summary>Whether it was made from this generation of the spec.</summary>
    public bool IsMadeFrom(long? generation) =>
        Pod.Metadata.Labels?.TryGetValue(Labels.Generation, out var text) != true
            || text == generation?.ToString(CultureInfo.InvariantCulture);

    /// <summary>What its lowest rank left when it ended; empty where it left nothing.</summary>
    public string TerminationMessage => RankStatuses.FirstOrDefault(c => c.Name == Ranks[0])?.State?.Terminated?.Message ?? "";

    public string? Phase => Pod.Status?.Phase;

    /// <summary>Its processes have ended, and its containers wait for the order to begin another attempt.</summary>
    public bool IsHeld => AllSay(r => r.ExitCode is not null);

    /// <summary>All its processes have begun the current attempt, whatever has become of them.</summary>
    public bool HasEntered => AllSay(r => r.Attempt == Current);

    /// <summary>Whether its containers can restart in place, and tell how their processes end.</summary>
    public bool IsSupervised => Supervised > 0;

    /// <summary>None of its ranks' containers has ended.</summary>
    public bool IsWhole => RankStatuses.All(c => c.State?.Terminated is null);

    /// <summary>The order that it was last given; null: none.</summary>
    public string? Order => Annotation(Annotations.Order);

    /// <summary>What its ranks know those of the other pods by; null: nothing.</summary>
    public string? Secret => Annotation(Annotations.GangSecret);

    /// <summary>Which time that order was given.</summary>
    public int OrderCount =>
        int.TryParse(Annotation(Annotations.OrderCount), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    /// <summary>The attempt of that order; null: none was given.</summary>
    public int? OrderedAttempt => RestartOrder.Parse(Order)?.Attempt;

    /// <summary>Every rank of it has ended with 0, whatever its other containers do.</summary>
    public bool IsDone => PodEndReader.IsDone(Pod, Ranks);

    /// <summary>The same by itself: nobody had told it to end.</summary>
    public bool HasSucceeded => IsDone && End is null;

    /// <summary>It has ended otherwise, or something in it has that ends it, and nobody is taking it away.</summary>
    public bool HasFailed => !IsDone && (Phase == "Failed" || (End is { Held: false } && Pod.Metadata.DeletionTimestamp is null));

    /// <summary>No process of it runs any more: it can write to no checkpoint.</summary>
    public bool IsTerminal => Phase is "Succeeded" or "Failed";

    /// <summary>The same of all containers but sidecars, which the kubelet ends by itself then.</summary>
    public bool HasEnded => IsTerminal
        || (Pod.Status?.ContainerStatuses is { Count: > 0 } all
            && all.Count >= Pod.Spec.Containers.Count && all.All(c => c.State?.Terminated is not null));

    public bool IsLeaving => Pod.Metadata.DeletionTimestamp is not null && !IsTerminal;

    public bool IsActive => !IsTerminal && Pod.Metadata.DeletionTimestamp is null;

    public bool IsScheduled => !string.IsNullOrEmpty(Pod.Spec?.NodeName) || Phase is "Running" || IsTerminal;

    /// <summary>
    /// A queue has not let it through to the scheduler yet (KEP-3521). The condition tells it where the field is not known.
    /// </summary>
    public bool IsGated => !IsScheduled && (Pod.Spec?.SchedulingGates is { Count: > 0 }
        || (Pod.Status?.Conditions ?? []).Any(c => c is { Type: "PodScheduled", Status: "False", Reason: "SchedulingGated" }));

    /// <summary>When it got its node.</summary>
    public DateTimeOffset? PlacedAt =>
        ((Pod.Status?.Conditions ?? []).FirstOrDefault(c => c is { Type: "PodScheduled", Status: "True" })?.LastTransitionTime
            ?? Pod.Metadata.CreationTimestamp) is { } time
            ? new DateTimeOffset(time.ToUniversalTime())
            : null;

    /// <summary>
    /// Its trainers have started once, whatever has become of them since: one that is started again has started. A pod is past Pending when
    /// all its containers have.
    /// </summary>
    public bool HasStarted => Phase is not (null or "" or "Pending")
        || (RankStatuses.ToList() is { Count: > 0 } trainers
            && trainers.TrueForAll(
                c => c.State?.Running is not null || c.State?.Terminated is not null || c.LastState?.Terminated is not null));

    /// <summary>All its containers have started.</summary>
    public bool IsRunning =>
        HasSucceeded || (Phase == "Running" && (Pod.Status?.ContainerStatuses ?? []).All(c => c.State?.Waiting is null));

    /// <summary>
    /// All its ranks are. The pod says so, but where another container of it is not ready: then the ranks' containers do.
    /// </summary>
    public bool IsReady => IsActive
        && ((Pod.Status?.Conditions ?? []).Any(c => c is { Type: "Ready", Status: "True" })
            || (IsHeldUpByOthers && RankStatuses.All(c => c.Ready)));

    private bool IsHeldUpByOthers => RankStatuses.Any() && Pod.Status.ContainerStatuses.Any(c => !c.Ready && !IsRank(c.Name));

    private IEnumerable<V1ContainerStatus> RankStatuses => PodEndReader.Statuses(Pod, Ranks);

    private int Supervised =>
        (Pod.Spec?.Containers ?? []).Count(c => IsRank(c.Name) && (c.Ports ?? []).Any(p => p.Name == TrainerPorts.WorkerName));

    private bool IsRank(string container) => Ranks.Contains(container, StringComparer.Ordinal);

    private string? Annotation(string name) => Pod.Metadata.Annotations?.TryGetValue(name, out var value) == true ? value : null;

    private bool AllSay(Func<WorkerReport, bool> what) => Reports is { Count: > 0 } said && said.Count == Supervised && said.All(what);
}
