using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// A restart in place, once <see cref="RestartTierPolicy"/> has chosen it: no process begins the next attempt before the last one of the
/// attempt before has ended, then all pods get the same order. It is over when every process has been seen in the new attempt. One that
/// does not come that far in time, or loses a pod on the way, becomes a gang of new pods; the restart was counted, so that takes no further
/// one.
/// </summary>
internal static class InPlacePolicy
{
    /// <summary>True: it is still going on, or was given up for new pods; nothing else is decided meanwhile.</summary>
    public static bool Apply(PlanContext context)
    {
        if (!context.IsRestartingInPlace)
        {
            return false;
        }

        var gang = context.Gang;
        if (gang.IsComplete && gang.Current.All(p => p.HasEntered))
        {
            context.Status.InPlace = context.Status.InPlace! with { Pending = null };
            return false;
        }

        if (gang.Current.Any(p => p.End?.ExitCode is ExitCode.ConfigurationWrong or ExitCode.DataUnreadable))
        {
            return false; // no pods would make that better
        }

        var isOrdered = gang.Current.Any(p => p.OrderedAttempt == context.Status.Attempt);
        var limit = isOrdered ? context.Observed.Options.InPlaceLimit : context.Observed.Options.BarrierLimit;
        var end = Since(context).Plus(limit);
        if (Obstacle(context, isOrdered, end) is { } obstacle)
        {
            context.Warn(Reasons.InPlaceFailed, $"{obstacle}; the gang is made anew");
            RestartPolicy.NextGang(context, Reasons.InPlaceFailed, obstacle, notBefore: null, RecoveryTiers.RecreateGang);
            return true;
        }

        context.RequeueAt(end);
        return true;
    }

    /// <summary>
    /// Gives the order to the pods that have not got it, once every process of the attempt before has ended, and again to those that do not
    /// follow it.
    /// </summary>
    public static void Order(PlanContext context)
    {
        if (!context.IsRestartingInPlace)
        {
            return;
        }

        var waiting = context.Gang.Current.Where(p => p.OrderedAttempt != context.Status.Attempt).ToList();
        if (!waiting.TrueForAll(p => p.IsHeld))
        {
            return;
        }

        // What one pod has been told all are told: a configuration that has changed since must not divide the gang.
        var order = context.Gang.Current.FirstOrDefault(p => p.OrderedAttempt == context.Status.Attempt)?.Order
            ?? InPlaceManifest.Order(context.Job, context.Status, context.Gang.HasPredecessors);
        var interval = context.Observed.Options.OrderInterval;
        var count = (int)Math.Clamp((context.Now - Since(context)) / interval, 0, int.MaxValue);
        foreach (var pod in context.Gang.Current.Where(
            p => !p.HasEntered && (p.OrderedAttempt != context.Status.Attempt || p.OrderCount < count)))
        {
            context.Order(pod.Pod, order, count);
        }

        var next = Since(context).Plus(interval * (count + 1.0));
        context.RequeueAt(next > context.Now ? next : context.Now + interval);
    }

    /// <summary>When it was decided; long ago where nobody says so.</summary>
    private static DateTimeOffset Since(PlanContext context) =>
        context.Status.InPlace?.Since is { } since ? new(since.ToUniversalTime()) : DateTimeOffset.MinValue;

    private static string? Obstacle(PlanContext context, bool isOrdered, DateTimeOffset end)
    {
        if (!context.Gang.IsComplete)
        {
            return $"pod {GangNames.Pod(context.Job.Metadata.Name, GangAttempt.Of(context.Status), context.Gang.Missing[0])} is gone";
        }

        if (context.Gang.Current.FirstOrDefault(p => !p.IsActive || p.End is { Held: false }) is { } lost)
        {
            return $"pod {lost.Name} has ended or is to go";
        }

        if (context.Now < end)
        {
            return null;
        }

        var options = context.Observed.Options;
        return isOrdered
            ? string.Create(CultureInfo.InvariantCulture,
                $"pod {context.Gang.Current.First(p => !p.HasEntered).Name} has not begun attempt {context.Status.Attempt} in place within {options.InPlaceLimit.TotalSeconds:0} seconds")
            : string.Create(CultureInfo.InvariantCulture,
                $"pod {context.Gang.Current.FirstOrDefault(p => !p.IsHeld, context.Gang.Current[0]).Name} has not ended attempt {context.Status.Attempt - 1} within {options.BarrierLimit.TotalSeconds:0} seconds");
    }
}
