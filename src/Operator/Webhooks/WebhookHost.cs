using System.Security.Cryptography.X509Certificates;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Serving;
using Microsoft.Extensions.Logging;
using Prometheus;

namespace MhcOperator.Operator.Webhooks;

/// <summary>The webhooks from start to end. They answer whether this process leads or not.</summary>
internal sealed class WebhookHost : IAsyncDisposable
{
    private static readonly TimeSpan CheckLimit = TimeSpan.FromSeconds(2);

    private readonly HttpHost _server;
    private readonly ICertificateSource _certificates;
    private readonly TimeProvider _time;

    private WebhookHost(HttpHost server, ICertificateSource certificates, TimeProvider time)
    {
        _server = server;
        _certificates = certificates;
        _time = time;
    }

    /// <summary>Where they listen.</summary>
    public Uri Address => _server.Address;

    /// <summary>Starts them; there may be no certificate yet.</summary>
    /// <param name="address">IP address.</param>
    /// <param name="port">Port; 0: a free one.</param>
    /// <param name="rules">What a pod template may say.</param>
    /// <param name="certificates">Asked at each handshake.</param>
    /// <param name="registry">Gets the webhooks' own metrics.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Log.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="OperatorStartException">The address can't be listened on.</exception>
    public static async Task<WebhookHost> StartAsync(
        string address, int port, TemplateRules rules, ICertificateSource certificates, CollectorRegistry registry, TimeProvider time,
        ILogger log, CancellationToken cancel)
    {
        var webhooks = new WebhookServer(new JobAdmission(rules), certificates, new AdmissionMetrics(registry), log);
        var listening = await webhooks.StartAsync(address, port, cancel);
        log.LogInformation("webhooks at {Address}", listening.Address.GetLeftPart(UriPartial.Authority));
        return new WebhookHost(listening, certificates, time);
    }

    /// <summary>Asks the webhooks as an API server does, and trusts what it trusts.</summary>
    /// <returns>What is waited for; null: they answer.</returns>
    public async Task<string?> CheckAsync(CancellationToken cancel)
    {
        if (_certificates.WaitingFor is { } waiting)
        {
            return $"webhooks: {waiting}";
        }

        string? fault = null;
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
        {
            fault = presented is X509Certificate2 leaf ? _certificates.Current?.FindFault(leaf, _time.GetUtcNow())
                : "no certificate is served";
            return fault is null;
        };
        using var http = new HttpClient(handler) { Timeout = CheckLimit };
        try
        {
            using var answer = await http.GetAsync(new Uri(Loopback(_server.Address), "healthz"), cancel);
            return answer.IsSuccessStatusCode ? null : $"webhooks: {(await answer.Content.ReadAsStringAsync(cancel)).Trim()}";
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            return $"webhooks: {(fault is null ? e.Message : $"the certificate is not good: {fault}")}";
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>
    /// An address that stands for all of them is listened on, but not called. A machine without IPv6 addresses has no loopback of that
    /// family, and each has this one.
    /// </summary>
    private static Uri Loopback(Uri address) =>
        address.Host is "0.0.0.0" or "[::]" ? new UriBuilder(address) { Host = "127.0.0.1" }.Uri : address;
}
