using Prometheus;

namespace MhcOperator.Operator.Runtime;

/// <summary>The runtime's own metrics, all of them named <c>mhc_operator_*</c>.</summary>
internal sealed class RuntimeMetrics
{
    private readonly Counter requests;
    private readonly Counter watchRestarts;
    private readonly Counter retries;
    private readonly Histogram reconciles;
    private readonly Histogram queueLatency;
    private readonly Gauge queueDepth;
    private readonly Gauge leader;
    private readonly Gauge oldest;

    public RuntimeMetrics(CollectorRegistry registry)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        requests = factory.CreateCounter("mhc_operator_api_requests_total", "Requests to the API server; code 0: no answer.", "verb", "resource", "code");
        watchRestarts = factory.CreateCounter("mhc_operator_watch_restarts_total", "Watches that broke (failed) or whose version was too old (expired).", "resource", "cause");
        retries = factory.CreateCounter("mhc_operator_queue_retries_total", "Reconciles put back after a failure.");
        queueDepth = factory.CreateGauge("mhc_operator_queue_depth", "Jobs waiting for a worker.");
        leader = factory.CreateGauge("mhc_operator_leader", "1 while this process holds the lease and acts.");
        oldest = factory.CreateGauge(
            "mhc_operator_oldest_unfinished_reconcile_seconds", "How long the reconcile that began first, of those that have not ended, has gone on; 0: there is none.");
        registry.AddBeforeCollectCallback(() => oldest.Set(OldestUnfinished?.Invoke().TotalSeconds ?? 0));
        reconciles = factory.CreateHistogram(
            "mhc_operator_reconcile_duration_seconds", "Time of one reconcile.", ["result"], new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 4, 9) });
        queueLatency = factory.CreateHistogram(
            "mhc_operator_queue_latency_seconds", "Time that a job waited for a worker.", new HistogramConfiguration { Buckets = Histogram.ExponentialBuckets(0.0005, 4, 9) });
        reconciles.WithLabels("success");
        reconciles.WithLabels("failure");
    }

    /// <summary>Asked at each scrape how long the oldest work has gone on; null: nobody works.</summary>
    public Func<TimeSpan>? OldestUnfinished { get; set; }

    public void RequestSent(string verb, string resource, int code) =>
        requests.WithLabels(verb, resource, code.ToString(System.Globalization.CultureInfo.InvariantCulture)).Inc();

    public void WatchRestarted(string resource, string cause) => watchRestarts.WithLabels(resource, cause).Inc();

    public void Retried() => retries.Inc();

    public void Reconciled(TimeSpan duration, bool success) => reconciles.WithLabels(success ? "success" : "failure").Observe(duration.TotalSeconds);

    public void Queued(int depth) => queueDepth.Set(depth);

    public void Taken(TimeSpan waited, int depth)
    {
        queueLatency.Observe(waited.TotalSeconds);
        Queued(depth);
    }

    public void IsLeader(bool leads) => leader.Set(leads ? 1 : 0);
}
