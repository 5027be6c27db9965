using Prometheus;

namespace MhcOperator.Operator.Certificates;

/// <summary>Until when the certificate lasts that the webhooks, and the metrics over TLS, are served with.</summary>
internal sealed class CertificateMetrics(CollectorRegistry registry)
{
    private readonly Gauge _expiry = Prometheus.Metrics.WithCustomRegistry(registry).CreateGauge(
        "mhc_operator_webhook_certificate_expiry_timestamp_seconds",
        "When the certificate expires that the webhooks, and the metrics over TLS, are served with, in seconds since 1970.");

    public void Serves(DateTimeOffset notAfter) => _expiry.Set(notAfter.ToUnixTimeSeconds());
}
