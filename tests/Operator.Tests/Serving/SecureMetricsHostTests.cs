using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Serving;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Prometheus;

namespace MhcOperator.Operator.Tests.Serving;

/// <summary>The server over TLS, with a certificate in a folder.</summary>
public sealed class SecureMetricsHostTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-metrics-").FullName;
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly CertificateSet _set = CertificateSet.Issue(["localhost", "127.0.0.1"], DateTimeOffset.UtcNow, null);
    private readonly MetricsEndpoint _endpoint;
    private CertificateFolder _certificates = null!;

    public SecureMetricsHostTests() => _endpoint = new MetricsEndpoint(_registry, new JobMetrics()) { LongestWait = TimeSpan.Zero };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Write(_set);
        _certificates = new CertificateFolder(_folder, new CertificateMetrics(_registry), NullLogger.Instance);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _endpoint.Dispose();
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Where_no_token_is_asked_for_everyone_gets_the_metrics_and_nothing_else()
    {
        await using var host = await SecureMetricsHost.ListenAsync("127.0.0.1", 0, _certificates, guard: null, _endpoint, Cancel);
        using var http = Client(host);
        Assert.Contains("mhc_operator_webhook_certificate_expiry_timestamp_seconds", await http.GetStringAsync("metrics", Cancel),
            StringComparison.Ordinal);
        using var other = await http.GetAsync("readyz", Cancel);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
        using var posted = await http.PostAsync("metrics", null, Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }

    [Fact]
    public async Task Who_is_refused_is_told_why_and_who_is_not_gets_the_metrics()
    {
        var allowed = false;
        using var server = new ScriptedServer(request => ScriptedServer.Json(
            request.Path.EndsWith("subjectaccessreviews", StringComparison.Ordinal) ? "{\"status\":{\"allowed\":"
                + (allowed ? "true" : "false") + "}}"
            : request.Body.Contains("good", StringComparison.Ordinal) ? """{"status":{"authenticated":true,"user":{"username":"bot"}}}"""
            : """{"status":{"authenticated":false}}"""));
        var time = new FakeTimeProvider();
        using var guard = new ScrapeAccess(server.Connect(time), time, NullLogger.Instance);
        await using var host = await SecureMetricsHost.ListenAsync("127.0.0.1", 0, _certificates, guard, _endpoint, Cancel);
        using var http = Client(host);
        using var nobody = await http.GetAsync("metrics", Cancel);
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (nobody.StatusCode, nobody.Headers.WwwAuthenticate.ToString()));
        Assert.Equal((HttpStatusCode.Unauthorized, "the API server does not know this token\n"), await GetAsync(http, "bad"));
        Assert.Equal((HttpStatusCode.Forbidden, "bot has no right to get /metrics (nonResourceURLs of a ClusterRole)\n"),
            await GetAsync(http, "good"));
        allowed = true;
        time.Advance(ScrapeAccess.Remembered);
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(http, "good")).Code);
    }

    [Fact]
    public async Task Two_scrapes_at_a_time_are_answered_and_the_third_is_told_to_come_again()
    {
        var release = new TaskCompletionSource();
        var begun = 0;
        _registry.AddBeforeCollectCallback(async cancel =>
        {
            Interlocked.Increment(ref begun);
            await release.Task.WaitAsync(cancel);
        });
        await using var host = await SecureMetricsHost.ListenAsync("127.0.0.1", 0, _certificates, guard: null, _endpoint, Cancel);
        using var http = Client(host);
        var first = Enumerable.Range(0, 2).Select(_ => http.GetStringAsync("metrics", Cancel)).ToList();
        await Eventually.HappensAsync(() => Volatile.Read(ref begun) == 2, "two are being answered");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "too many scrapes at once\n"), await GetAsync(http, "any"));
        release.SetResult();
        Assert.All(await Task.WhenAll(first), text => Assert.StartsWith("# HELP", text, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await GetAsync(http, "any")).Code);
    }

    [Fact]
    public async Task A_new_certificate_is_served_to_the_next_connection()
    {
        await using var host = await SecureMetricsHost.ListenAsync("127.0.0.1", 0, _certificates, guard: null, _endpoint, Cancel);
        var other = CertificateSet.Issue(["localhost", "127.0.0.1"], DateTimeOffset.UtcNow, null);
        foreach (var each in (CertificateSet[])[_set, other])
        {
            Write(each);
            var seen = "";
            using var http = Client(host, leaf => seen = leaf.Thumbprint);
            await http.GetStringAsync("metrics", Cancel);
            Assert.Equal(each.Serving(DateTimeOffset.UtcNow).Leaf.Thumbprint, seen);
        }
    }

    private static async Task<(HttpStatusCode Code, string Body)> GetAsync(HttpClient http, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "metrics");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request, Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private static HttpClient Client(HttpHost host, Action<X509Certificate2>? see = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
        {
            see?.Invoke((X509Certificate2)presented!);
            return host.Address.IsLoopback; // what it trusts is tested elsewhere
        };
        return new HttpClient(handler) { BaseAddress = host.Address };
    }

    private void Write(CertificateSet to)
    {
        File.WriteAllText(Path.Combine(_folder, "tls.crt"), to.Certificate);
        File.WriteAllText(Path.Combine(_folder, "tls.key"), to.Key);
    }
}
