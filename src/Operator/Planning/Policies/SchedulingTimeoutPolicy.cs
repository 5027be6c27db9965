using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Gangs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// A gang that holds places and cannot start helps nobody: some of its pods have a node and some have none, or one has an image that cannot be
/// had. After <c>scheduling.timeoutSeconds</c> it gives its places back and tries again later; it takes no restart. The time counts from the
/// first place that it got, so that a gang that has waited long for its queue has all of it. A gang without any place holds nothing, and waits.
/// </summary>
internal static class SchedulingTimeoutPolicy
{
    /// <summary>True: the gang gives its places back.</summary>
    public static bool Apply(PlanContext context)
    {
        var pods = context.Gang.Current;
        var placed = pods.Where(p => p.IsScheduled).ToList();
        if (placed.Count == 0 || pods.Any(p => p.IsGated) || Blocked(pods) is not { } blocked || placed.Min(p => p.PlacedAt) is not { } since)
        {
            return false;
        }

        var seconds = context.Spec.Scheduling.TimeoutSeconds;
        var end = since.AddSeconds(seconds);
        if (context.Now < end)
        {
            context.LookAgainAt(end);
            return false;
        }

        RestartPolicy.Restart(context, Reasons.SchedulingTimeout, string.Create(CultureInfo.InvariantCulture, $"{blocked} within {seconds} seconds (scheduling.timeoutSeconds); the gang gives its nodes back"), counted: false);
        return true;
    }

    /// <summary>Which pod keeps the gang from starting, and why; null: none does for good.</summary>
    private static string? Blocked(IReadOnlyList<WorkerPod> pods)
    {
        if (pods.FirstOrDefault(p => !p.IsScheduled) is { } unplaced)
        {
            return $"pod {unplaced.Name} found no node";
        }

        return pods.FirstOrDefault(p => p.CannotStart is not null) is { CannotStart: { } reason } waiting ? $"pod {waiting.Name} could not start ({reason})" : null;
    }
}
