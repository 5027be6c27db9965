using System.Collections.Concurrent;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using Prometheus;

namespace MhcOperator.Operator.Metrics;

/// <summary>The operator's own figures about its jobs.</summary>
public sealed class OperatorMetrics
{
    private readonly ConcurrentDictionary<NamespacedName, string> _phases = new();
    private readonly Gauge _jobs;
    private readonly Counter _restarts;
    private readonly Counter _rollbacks;
    private readonly Counter _inPlace;
    private readonly Histogram _recovery;

    /// <summary>Registers the metrics.</summary>
    public OperatorMetrics(CollectorRegistry registry)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        _jobs = factory.CreateGauge("mhc_operator_jobs", "Jobs by phase.", "phase");
        _restarts = factory.CreateCounter("mhc_operator_restarts_total", "Gangs started again, rollbacks not counted, by reason.",
            "reason");
        _rollbacks = factory.CreateCounter(
            "mhc_operator_rollbacks_total",
            "Returns to a healthy checkpoint, by the verdict's reason; Other: one that mhc-trainer does not give.",
            "reason");
        _inPlace = factory.CreateCounter("mhc_operator_restarts_in_place_total",
            "Gangs that started again in the pods that they had, after failures and after rollbacks.");
        _recovery = factory.CreateHistogram(
            "mhc_operator_recovery_seconds",
            "From the detection of an instability to the first step of the next gang.",
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(1, 2, 12) });

        // A counter that appears with its first event has had no increase, as far as Prometheus can tell.
        foreach (var reason in KnownWords.RestartReasons.Append(KnownWords.Other))
        {
            _restarts.WithLabels(reason);
        }

        foreach (var reason in KnownWords.VerdictReasons.Append(KnownWords.Other))
        {
            _rollbacks.WithLabels(reason);
        }

        foreach (var phase in KnownWords.Phases)
        {
            _jobs.WithLabels(phase);
        }
    }

    /// <summary>Counts what a written status has decided.</summary>
    internal void Count(MhcTrainingJobStatus? before, MhcTrainingJobStatus after)
    {
        foreach (var rollback in after.Rollbacks.TakeLast(after.RollbackCount - (before?.RollbackCount ?? 0)))
        {
            _rollbacks.WithLabels(KnownWords.Of(rollback.Reason, KnownWords.VerdictReasons)).Inc();
        }

        if (before?.Rollbacks is [.., { Seconds: null } last]
            && after.Rollbacks.LastOrDefault(r => r.Attempt == last.Attempt)?.Seconds is { } seconds)
        {
            _recovery.Observe(seconds);
        }

        _inPlace.Inc(Math.Max(0, (after.InPlace?.Restarts ?? 0) - (before?.InPlace?.Restarts ?? 0)));

        var restarted = after.Attempt > Math.Max(1, before?.Attempt ?? 0) && Conditions.IsTrue(after.Conditions, ConditionTypes.Restarting);
        if (restarted && Conditions.Find(after.Conditions, ConditionTypes.Restarting)!.Reason is var reason and not Reasons.RolledBack)
        {
            _restarts.WithLabels(KnownWords.Of(reason, KnownWords.RestartReasons)).Inc();
        }
    }

    /// <summary>Keeps the number of jobs in each phase.</summary>
    internal void Observe(NamespacedName key, MhcTrainingJobStatus? status)
    {
        var phase = KnownWords.Of(status?.Phase ?? "Pending", KnownWords.Phases);
        _phases.TryGetValue(key, out var before);
        if (before == phase)
        {
            return;
        }

        _phases[key] = phase;
        _jobs.WithLabels(phase).Inc();
        if (before is not null)
        {
            _jobs.WithLabels(before).Dec();
        }
    }

    /// <summary>A job is no more.</summary>
    internal void Forget(NamespacedName key)
    {
        if (_phases.TryRemove(key, out var phase))
        {
            _jobs.WithLabels(phase).Dec();
        }
    }
}
