using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// A gang that holds nodes and does not run helps nobody, whatever the reason: a pod that could not be made or has no node, an image, a
/// volume or a configuration that is not there, an init container that does not end, a node that says nothing. After
/// <c>scheduling.timeoutSeconds</c> it gives its nodes back and tries again later; it takes no restart. The time counts from the first node
/// that it got, so that a gang that has waited long for its queue has all of it. A gang without any node holds nothing, and waits. One that
/// has run is no longer meant.
/// </summary>
internal static class SchedulingTimeoutPolicy
{
    /// <summary>The longest time by which two gangs that have half of each other's nodes come back apart.</summary>
    private const int LongestSpread = 30;

    /// <summary>True: the gang gives its nodes back.</summary>
    public static bool Apply(PlanContext context)
    {
        var gang = context.Gang;
        var placed = gang.Current.Where(p => p.IsScheduled).ToList();
        if (gang.HasStarted || gang.Current.Any(p => p.IsGated || p.End is not null) || placed.Min(p => p.PlacedAt) is not { } since)
        {
            return false;
        }

        var seconds = context.Spec.Scheduling.TimeoutSeconds;
        var end = since.PlusSeconds(seconds);
        if (context.Now < end)
        {
            context.RequeueAt(end);
            return false;
        }

        var (pod, why, competes) = Blocked(context);
        RestartPolicy.Restart(
            context,
            Reasons.SchedulingTimeout,
            $"pod {pod} did not run within {Text(seconds)} seconds (scheduling.timeoutSeconds): {why}; the gang gives its nodes back",
            counted: false,
            spread: TimeSpan.FromSeconds(competes ? Math.Min(seconds, LongestSpread) : 0));
        return true;
    }

    /// <summary>Which pod keeps the gang from running, why, and whether it lacks what another gang may have.</summary>
    private static (string Pod, string Why, bool Competes) Blocked(PlanContext context)
    {
        var gang = context.Gang;
        if (!gang.IsComplete)
        {
            var name = GangNames.Pod(context.Job.Metadata.Name, GangAttempt.Of(context.Status), gang.Missing[0]);
            var refusal = context.Observed.Refusals.FirstOrDefault(r => r.Name == name && r.Kind == "Pod");
            return (name, refusal is null ? "it could not be made" : $"it was refused: {refusal.Message}", true);
        }

        if (gang.Current.FirstOrDefault(p => !p.IsScheduled) is { } unplaced)
        {
            var said = (unplaced.Pod.Status?.Conditions ?? []).FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False" })?.Message;
            return (unplaced.Name, string.IsNullOrEmpty(said) ? "it has no node" : $"it has no node: {said}", true);
        }

        var (pod, obstacle) = StartObstacle.First(gang.Current.Where(p => !p.HasStarted), context.Observed.Warnings)!.Value;
        return (pod, obstacle.Message, false);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
