using Prometheus;

namespace MhcOperator.Operator.Runtime;

/// <summary>The runtime's own metrics, all of them named <c>mhc_operator_*</c>.</summary>
internal sealed class RuntimeMetrics
{
    private readonly Counter _requests;
    private readonly Counter _watchRestarts;
    private readonly Counter _retries;
    private readonly Histogram _reconciles;
    private readonly Histogram _queueLatency;
    private readonly Gauge _queueDepth;
    private readonly Gauge _leader;
    private readonly Gauge _oldest;

    public RuntimeMetrics(CollectorRegistry registry)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        _requests = factory.CreateCounter("mhc_operator_api_requests_total", "Requests to the API server; code 0: no answer.", "verb",
            "resource", "code");
        _watchRestarts = factory.CreateCounter("mhc_operator_watch_restarts_total",
            "Watches that broke (failed) or whose version was too old (expired).", "resource", "cause");
        _retries = factory.CreateCounter("mhc_operator_queue_retries_total", "Reconciles put back after a failure.");
        _queueDepth = factory.CreateGauge("mhc_operator_queue_depth", "Jobs waiting for a worker.");
        _leader = factory.CreateGauge("mhc_operator_leader", "1 while this process holds the lease and acts.");
        _oldest = factory.CreateGauge(
            "mhc_operator_oldest_unfinished_reconcile_seconds",
            "How long the reconcile that began first, of those that have not ended, has gone on; 0: there is none.");
        registry.AddBeforeCollectCallback(() => _oldest.Set(OldestUnfinished?.Invoke().TotalSeconds ?? 0));
        _reconciles = factory.CreateHistogram(
            "mhc_operator_reconcile_duration_seconds", "Time of one reconcile.", ["result"],
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 4, 9) });
        _queueLatency = factory.CreateHistogram(
            "mhc_operator_queue_latency_seconds", "Time that a job waited for a worker.",
            new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 4, 9) });
        _reconciles.WithLabels("success");
        _reconciles.WithLabels("failure");
    }

    /// <summary>Asked at each scrape how long the oldest work has gone on; null: nobody works.</summary>
    public Func<TimeSpan>? OldestUnfinished { get; set; }

    public void RequestSent(string verb, string resource, int code) =>
        _requests.WithLabels(verb, resource, code.ToString(System.Globalization.CultureInfo.InvariantCulture)).Inc();

    public void WatchRestarted(string resource, string cause) => _watchRestarts.WithLabels(resource, cause).Inc();

    public void Retried() => _retries.Inc();

    public void Reconciled(TimeSpan duration, bool success) =>
        _reconciles.WithLabels(success ? "success" : "failure").Observe(duration.TotalSeconds);

    public void Queued(int depth) => _queueDepth.Set(depth);

    public void Taken(TimeSpan waited, int depth)
    {
        _queueLatency.Observe(waited.TotalSeconds);
        Queued(depth);
    }

    public void IsLeader(bool leads) => _leader.Set(leads ? 1 : 0);
}
