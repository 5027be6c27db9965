using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Serving;

/// <summary>Serves /metrics over TLS, for those whom <see cref="ScrapeAccess"/> lets in; disposing of it ends it.</summary>
internal sealed class SecureMetricsHost : IAsyncDisposable
{
    private readonly HttpHost _server;
    private readonly ScrapeAccess? _guard;
    private readonly IDisposable? _client;

    private SecureMetricsHost(HttpHost server, ScrapeAccess? guard, IDisposable? client)
    {
        _server = server;
        _guard = guard;
        _client = client;
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => _server.Address;

    /// <summary>Starts it; there may be no certificate yet.</summary>
    /// <param name="address">IP address.</param>
    /// <param name="port">Port; 0: a free one.</param>
    /// <param name="certificates">Asked at each handshake.</param>
    /// <param name="authorizes">Whether whoever asks needs a token with the right to get them.</param>
    /// <param name="access">Cluster, which knows tokens and rights.</param>
    /// <param name="requests">Counts requests to it.</param>
    /// <param name="metrics">What is served.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="OperatorStartException">The address can't be listened on.</exception>
    public static async Task<SecureMetricsHost> StartAsync(
        string address, int port, ICertificateSource certificates, bool authorizes, ClusterAccess access, RuntimeMetrics requests,
        MetricsEndpoint metrics,
        TimeProvider time, ILogger log, CancellationToken cancel)
    {
        ScrapeAccess? judge = null;
        IDisposable? opened = null;
        if (authorizes)
        {
            (var connection, opened) = access.Open(time, requests, null);
            judge = new ScrapeAccess(connection, time, log);
        }

        try
        {
            var listening = await ListenAsync(address, port, certificates, judge, metrics, cancel);
            log.LogInformation("metrics over TLS at {Address}", listening.Address.GetLeftPart(UriPartial.Authority));
            return new SecureMetricsHost(listening, judge, opened);
        }
        catch
        {
            judge?.Dispose();
            opened?.Dispose();
            throw;
        }
    }

    /// <summary>Listens.</summary>
    /// <param name="address">IP address.</param>
    /// <param name="port">Port; 0: a free one.</param>
    /// <param name="certificates">Asked at each handshake.</param>
    /// <param name="guard">Who is let in; null: everyone.</param>
    /// <param name="metrics">What is served.</param>
    /// <param name="cancel">Stops waiting.</param>
    public static Task<HttpHost> ListenAsync(
        string address, int port, ICertificateSource certificates, ScrapeAccess? guard, MetricsEndpoint metrics,
        CancellationToken cancel) => HttpHost.StartAsync(
        address,
        port,
        "--secure-metrics-port",
        listen => listen.UseCertificate(certificates),
        server => server.Map("/metrics", branch => branch.Run(context => AnswerAsync(context, guard, metrics))),
        cancel);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _guard?.Dispose();
        _client?.Dispose();
    }

    private static async Task AnswerAsync(HttpContext context, ScrapeAccess? guard, MetricsEndpoint metrics)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed; // the right is one to get
            return;
        }

        if (guard is not null && await guard.JudgeAsync(context.Request.Headers.Authorization,
            context.RequestAborted) is { IsAllowed: false } verdict)
        {
            context.Response.StatusCode = verdict.Status;
            if (verdict.Status == StatusCodes.Status401Unauthorized)
            {
                context.Response.Headers.WWWAuthenticate = "Bearer";
            }

            await context.Response.WriteAsync(verdict.Reason + "\n", context.RequestAborted);
            return;
        }

        await metrics.AnswerAsync(context);
    }
}
