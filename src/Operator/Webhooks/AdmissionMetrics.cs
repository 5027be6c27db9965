using Prometheus;

namespace MhcOperator.Operator.Webhooks;

/// <summary>What the webhooks were asked and said.</summary>
internal sealed class AdmissionMetrics
{
    private readonly Counter _requests;
    private readonly Histogram _durations;

    public AdmissionMetrics(CollectorRegistry registry)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        _requests = factory.CreateCounter(
            "mhc_operator_admission_requests_total",
            "Requests to the webhooks, by webhook (validate, default) and verdict (allowed, refused, malformed).", "webhook", "verdict");
        _durations = factory.CreateHistogram(
            "mhc_operator_admission_duration_seconds",
            "Time from a review's arrival to its answer, waiting for a place included; an API server waits three seconds.",
            ["webhook"],
            new HistogramConfiguration { Buckets = [0.001, 0.005, 0.025, 0.1, 0.5, 1, 2, 3] });
        foreach (var webhook in (string[])["validate", "default"])
        {
            _durations.WithLabels(webhook);
            foreach (var verdict in (string[])["allowed", "refused", "malformed"])
            {
                _requests.WithLabels(webhook, verdict);
            }
        }
    }

    /// <summary>An answer, whichever it is, took so long.</summary>
    public void Took(string webhook, TimeSpan duration) => _durations.WithLabels(webhook).Observe(duration.TotalSeconds);

    public void Answered(string webhook, bool allowed) => _requests.WithLabels(webhook, allowed ? "allowed" : "refused").Inc();

    public void Malformed(string webhook) => _requests.WithLabels(webhook, "malformed").Inc();
}
