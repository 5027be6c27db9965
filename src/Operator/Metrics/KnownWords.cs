using System.Collections.Frozen;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Metrics;

/// <summary>
/// Words that may be values of labels. Each value is a series, and the words of trainers, and of whoever writes a status, have no end:
/// those that are not listed here are <see cref="Other"/>.
/// </summary>
internal static class KnownWords
{
    /// <summary>What stands for all that are not known.</summary>
    public const string Other = "Other";

    public static readonly FrozenSet<string> Phases =
        Set("Pending", "Running", "Restarting", "Suspended", "Invalid", "Deleting", "Succeeded", "Failed");

    public static readonly FrozenSet<string> VerdictReasons = Set([.. EndReason.OfVerdicts, Reasons.VerdictUnreadable]);

    public static readonly FrozenSet<string> RestartReasons = Set(
        Reasons.WorkerFailed, Reasons.WorkerLost, Reasons.WorkerDisrupted, Reasons.WorkerRefused, Reasons.UnstableObserved, Reasons.Hung,
        Reasons.SchedulingTimeout, Reasons.InPlaceFailed);

    /// <summary>In the order in which they are served.</summary>
    public static readonly string[] ConditionTypes =
    [
        Api.ConditionTypes.Valid, Api.ConditionTypes.Suspended, Api.ConditionTypes.GangScheduled, Api.ConditionTypes.Running,
        Api.ConditionTypes.Stable,
        Api.ConditionTypes.Restarting, Api.ConditionTypes.Reconciled, Api.ConditionTypes.Succeeded, Api.ConditionTypes.Failed,
    ];

    public static readonly FrozenSet<string> ConditionReasons =
        Set([.. Reasons.All, .. VerdictReasons, .. Enum.GetNames<StabilityState>()]);

    /// <summary>The word, or <see cref="Other"/> where it is not among those.</summary>
    public static string Of(string? word, FrozenSet<string> words) =>
        word is not null && words.TryGetValue(word, out var known) ? known : Other;

    private static FrozenSet<string> Set(params IEnumerable<string> words) => words.ToFrozenSet(StringComparer.Ordinal);
}
