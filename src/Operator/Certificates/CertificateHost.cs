using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MhcOperator.Operator.Certificates;

/// <summary>The certificate that everything over TLS is served with, kept from start to end, whether this process leads or not.</summary>
internal sealed class CertificateHost : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly IDisposable? _client;
    private readonly Task _keeping;

    private CertificateHost(ICertificateSource source, IDisposable? client)
    {
        Source = source;
        _client = client;
        _keeping = source.RunAsync(_stop.Token);
    }

    public ICertificateSource Source { get; }

    /// <summary>Begins to keep it; there may be none yet.</summary>
    /// <param name="settings">Where it comes from.</param>
    /// <param name="access">Cluster, where the operator makes its own.</param>
    /// <param name="requests">Counts requests to the cluster.</param>
    /// <param name="registry">Gets when it expires.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    /// <exception cref="OperatorStartException">The certificate given can't be used.</exception>
    public static CertificateHost Start(
        CertificateSettings settings, ClusterAccess access, RuntimeMetrics requests, CollectorRegistry registry, TimeProvider time,
        ILogger log)
    {
        var metrics = new CertificateMetrics(registry);
        if (settings.Folder is { } folder)
        {
            return new CertificateHost(new CertificateFolder(folder, metrics, log), client: null);
        }

        var (connection, client) = access.Open(time, requests, null);
        var ns = ClusterAccess.HomeNamespace(settings.Namespace);
        var key = new NamespacedName(ns, settings.Name);
        return new CertificateHost(
            new CertificateKeeper(connection, key, access.OwnerIn(ns), settings.ForWebhooks, time, requests, metrics, log), client);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _keeping;
        _client?.Dispose();
        _stop.Dispose();
    }
}
