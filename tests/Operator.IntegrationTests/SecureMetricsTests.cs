using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.IntegrationTests.Support;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Serving;
using MhcOperator.Testing.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// Metrics over TLS, for tokens of real service accounts under real roles. Who scrapes trusts what a ServiceMonitor names: the Secret's
/// ca.crt.
/// </summary>
public sealed class SecureMetricsTests(SharedServer shared)
{
    /// <summary>All that an operator needs without webhooks; no right on their configurations.</summary>
    private const string Rules = """
        - {apiGroups: [training.mhc.dev], resources: ["*"], verbs: ["*"]}
        - {apiGroups: [""], resources: [pods, services, configmaps, persistentvolumeclaims, events, secrets], verbs: ["*"]}
        - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: ["*"]}
        - {apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}
        - {apiGroups: [authorization.k8s.io], resources: [subjectaccessreviews], verbs: [create]}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_are_for_whoever_has_the_right_to_get_them_until_it_is_withdrawn()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var kubeconfig = shared.Server.Kubeconfig();
        var settings = OperatorInProcess.Settings(kubeconfig, "--lease-namespace", ns.Name, "--webhook-name", ns.Name,
            "--secure-metrics-port", "0");
        var access = ClusterAccess.Find(kubeconfig, "metrics");
        var requests = new RuntimeMetrics(registry);
        await using var certificates = CertificateHost.Start(settings.Certificate, access, requests, registry, time, NullLogger.Instance);
        using var endpoint = new MetricsEndpoint(registry, new JobMetrics());
        await using var host = await SecureMetricsHost.StartAsync(
            settings.BindAddress, 0, certificates.Source, settings.MetricsAuthorization, access, requests, endpoint, time,
            NullLogger.Instance, Cancel);
        using var http = await ClientAsync(ns, host.Address);

        var prometheus = await ns.MakeAccountAsync("prometheus");
        var other = await ns.MakeAccountAsync("other");
        var binding = await ns.GrantAsync("prometheus", "- {nonResourceURLs: [/metrics], verbs: [get]}");
        Assert.Equal((401, "expected a bearer token\n"), await ScrapeAsync(http, null));
        Assert.Equal((401, "the API server does not know this token\n"), await ScrapeAsync(http, "no-token"));
        Assert.Equal((401, "the API server does not know this token\n"), await ScrapeAsync(http, prometheus + "x"));
        Assert.Equal(
            (403, $"system:serviceaccount:{ns.Name}:other has no right to get /metrics (nonResourceURLs of a ClusterRole)\n"),
            await ScrapeAsync(http, other));
        await Eventually.HoldsAsync(
            async () =>
            {
                time.Advance(ScrapeAccess.Remembered); // a role takes a moment to count
                return (await ScrapeAsync(http, prometheus)).Status == 200;
            },
            "who has the right gets the metrics", Cancel);
        Assert.Contains("mhc_operator_api_requests_total{verb=\"create\",resource=\"tokenreviews\"",
            (await ScrapeAsync(http, prometheus)).Body, StringComparison.Ordinal);

        await ns.Api.DeleteAsync(binding, Cancel);
        await Eventually.HoldsAsync(
            async () =>
            {
                time.Advance(ScrapeAccess.Remembered);
                return (await ScrapeAsync(http, prometheus)).Status == 403;
            },
            "the right is withdrawn", Cancel);
    }

    [Fact]
    public async Task Without_webhooks_the_operator_keeps_a_certificate_too_and_needs_no_right_on_their_configurations()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var account = await ns.MakeAccountAsync("operator");
        await ns.GrantAsync("operator", Rules);
        using var running = OperatorInProcess.Start(
            shared.Server.Kubeconfig(account), "--namespace", ns.Name, "--lease-namespace", ns.Name, "--webhook-name", ns.Name,
            "--secure-metrics-port", "0");
        await running.WorksAsync(Cancel);
        using var http = await ClientAsync(ns, running.SecureAddress);
        Assert.Equal(401, (await ScrapeAsync(http, null)).Status);
        Assert.Equal(200, (await ScrapeAsync(http, ApiServer.AdminToken)).Status);
        Assert.Equal(404, (await running.AskAsync("/metrics", Cancel)).Status);
        Assert.Equal(200, (await running.AskAsync("/healthz", Cancel)).Status);
        Assert.Equal(200, (await running.AskAsync("/readyz", Cancel)).Status);
        var user = $"system:serviceaccount:{ns.Name}:operator";
        Assert.DoesNotContain(shared.Server.Audit.OfOperators(), entry => entry.User == user && entry.Code == 403);
    }

    /// <summary>A client that trusts the authorities in the Secret, and nobody else.</summary>
    private static Task<HttpClient> ClientAsync(TestNamespace ns, Uri address) => ClientAsync(ns.Api, ns.Name, ns.Name, address);

    /// <summary>A client that trusts the authorities in a Secret, and nobody else.</summary>
    internal static async Task<HttpClient> ClientAsync(TestApi api, string ns, string name, Uri address)
    {
        JsonObject? secret = null;
        await Eventually.HoldsAsync(
            async () => (secret = await api.FindAsync($"api/v1/namespaces/{ns}/secrets/{name}", Cancel)) is not null,
            "there is a certificate", Cancel);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(Encoding.UTF8.GetString(Convert.FromBase64String((string)secret!["data"]!["ca.crt"]!)));
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.CertificateChainPolicy = policy;
        handler.SslOptions.TargetHost = $"{name}.{ns}.svc";
        var http = new HttpClient(handler) { BaseAddress = address };
        await Eventually.HoldsAsync(async () => await AnswersAsync(http), "the certificate is served", Cancel);
        return http;
    }

    private static async Task<bool> AnswersAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("metrics", Cancel);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<(int Status, string Body)> ScrapeAsync(HttpClient http, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "metrics");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await http.SendAsync(request, Cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }
}
