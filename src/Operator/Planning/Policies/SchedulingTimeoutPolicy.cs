using System.Globalization;
using MhcOperator.Api;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// A gang of which some pods have a node and some have none holds places that help nobody: after <c>scheduling.timeoutSeconds</c> it gives
/// them back and tries again later. It takes no restart. A gang of which no pod has a node holds nothing, and just waits.
/// </summary>
internal static class SchedulingTimeoutPolicy
{
    /// <summary>True: the gang gives its places back.</summary>
    public static bool Apply(PlanContext context)
    {
        var pods = context.Gang.Current;
        if (pods.All(p => p.IsScheduled) || !pods.Any(p => p.IsScheduled)
            || context.Gang.Current.Select(p => p.Pod.Metadata.CreationTimestamp).Max() is not { } made)
        {
            return false;
        }

        var seconds = context.Spec.Scheduling.TimeoutSeconds;
        var end = new DateTimeOffset(made.ToUniversalTime()).AddSeconds(seconds);
        if (context.Now < end)
        {
            context.LookAgainAt(end);
            return false;
        }

        var waiting = context.Gang.Current.First(p => !p.IsScheduled).Name;
        RestartPolicy.Restart(context, Reasons.SchedulingTimeout, string.Create(CultureInfo.InvariantCulture, $"pod {waiting} found no node within {seconds} seconds (scheduling.timeoutSeconds)"), counted: false);
        return true;
    }
}
