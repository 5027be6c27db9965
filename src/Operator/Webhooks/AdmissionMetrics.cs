using Prometheus;

namespace MhcOperator.Operator.Webhooks;

/// <summary>What the webhooks were asked and said, and until when their certificate lasts.</summary>
internal sealed class AdmissionMetrics
{
    private readonly Counter requests;
    private readonly Gauge expiry;

    public AdmissionMetrics(CollectorRegistry registry)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        requests = factory.CreateCounter(
            "mhc_operator_admission_requests_total", "Requests to the webhooks, by webhook (validate, default) and verdict (allowed, refused, malformed).", "webhook", "verdict");
        expiry = factory.CreateGauge("mhc_operator_webhook_certificate_expiry_timestamp_seconds", "When the certificate that the webhooks serve expires, in seconds since 1970.");
    }

    public void Answered(string webhook, bool allowed) => requests.WithLabels(webhook, allowed ? "allowed" : "refused").Inc();

    public void Malformed(string webhook) => requests.WithLabels(webhook, "malformed").Inc();

    public void Serves(DateTimeOffset notAfter) => expiry.Set(notAfter.ToUnixTimeSeconds());
}
