using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.IntegrationTests.Support;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Webhooks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// Certificates of the operator's own making, on a clock that the test moves: from eight months ago, so that what is made now is good for
/// the server too.
/// </summary>
public sealed class CertificateTests(SharedServer shared)
{
    private const string Rights = """
        - {apiGroups: [""], resources: [secrets], verbs: [create, list, watch, patch]}
        - {apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations, mutatingwebhookconfigurations], verbs: [list, watch, patch]}
        """;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow - (CertificateSet.Lifetime * 2 / 3));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_replicas_share_a_certificate_and_replace_it_while_requests_run_without_one_that_fails()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        await using var first = await StartAsync(ns);
        await using var second = await StartAsync(ns);
        await DeployedManifests.InstallWebhooksAsync(ns, first.Address, Cancel);
        await ns.AsksWebhooksAsync();
        await AreReadyAsync(first, second);
        var before = await SecretAsync(ns);
        var writes = Writes(ns);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asking = AskAsync(ns, enough.Token);
        _time.Advance(CertificateSet.Lifetime * 2 / 3); // up to now
        await HoldsAsync(async () => Field(await SecretAsync(ns), "previous.crt") == Field(before, "tls.crt"),
            () => "a new certificate is in the Secret, with the one before");
        await AreReadyAsync(first, second);
        _time.Advance(CertificateSet.Spreading);
        await HoldsAsync(async () => await ServedAsync(first) != Thumbprint(before) && await ServedAsync(second) != Thumbprint(before),
            () => "both serve the new one");
        await AreReadyAsync(first, second);
        Assert.True(await ns.IsRefusedAsync(), "the new one does not work");
        await enough.CancelAsync();
        Assert.True(await asking > 0, "nothing was asked meanwhile");

        // A write of the Secret and one of each configuration, by whichever replica, are written down when they have ended; who idles
        // writes nothing.
        await HoldsAsync(() => Task.FromResult(Writes(ns) - writes >= 3), () => "three writes");
        _time.Advance(TimeSpan.FromDays(1));
        await AreReadyAsync(first, second);
        Assert.Equal(3, Writes(ns) - writes);
    }

    [Fact]
    public async Task A_Secret_or_an_authority_that_is_taken_away_is_put_back_and_a_Secret_of_somebody_else_is_left_alone()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        await ns.Api.CreateAsync(ns.Path("secrets"), new JsonObject { ["metadata"] = new JsonObject { ["name"] = ns.Name } }, Cancel);
        await using var host = await StartAsync(ns);
        await HoldsAsync(
            async () => (await host.CheckAsync(Cancel))?.Contains("which is not the operator's", StringComparison.Ordinal) == true,
            () => "it says whose Secret it is not");
        await ns.Api.DeleteAsync(ns.Path("secrets", ns.Name), Cancel);
        await DeployedManifests.InstallWebhooksAsync(ns, host.Address, Cancel);
        await ns.AsksWebhooksAsync();

        await ns.Api.DeleteAsync(ns.Path("secrets", ns.Name), Cancel);
        await HoldsAsync(async () => await ns.Api.FindAsync(ns.Path("secrets", ns.Name), Cancel) is not null,
            () => "the Secret is made again");
        var configuration = $"{DeployedManifests.PathOf("ValidatingWebhookConfiguration")}/{ns.Name}";
        var stored = (await ns.Api.FindAsync(configuration, Cancel))!;
        stored["webhooks"]![0]!["clientConfig"]!.AsObject().Remove("caBundle");
        await ns.Api.MergeAsync(configuration, new JsonObject { ["webhooks"] = stored["webhooks"]!.DeepClone() }, Cancel);
        await HoldsAsync(
            async () => (await ns.Api.FindAsync(configuration, Cancel))!["webhooks"]![0]!["clientConfig"]!["caBundle"] is not null,
            () => "the authority is written again");
        await AreReadyAsync(host);
        await ns.AsksWebhooksAsync();
    }

    [Fact]
    public async Task The_Secret_goes_with_the_operators_account_from_the_beginning()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var token = await ns.MakeAccountAsync("operator");
        await ns.GrantAsync("operator", Rights);
        await using var host = await StartAsync(ns, token);
        await AreReadyAsync(host);
        Assert.Equal(await AccountAsync(ns), Assert.Single(await OwnersAsync(ns)));
        Assert.Equal(1, Writes(ns));
    }

    [Fact]
    public async Task A_Secret_of_an_earlier_version_gets_the_account_as_an_owner_beside_the_Service()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        await using (var before = await StartAsync(ns))
        {
            await AreReadyAsync(before); // without an account, and so without an owner
        }

        Assert.Empty(await OwnersAsync(ns));
        var service = $$"""{"apiVersion":"v1","kind":"Service","name":"{{ns.Name}}","uid":"5a2b1bb5-0d4c-4b51-9b0a-4bb6a2f4a001"}""";
        await ns.Api.MergeAsync(ns.Path("secrets", ns.Name),
            new JsonObject { ["metadata"] = new JsonObject { ["ownerReferences"] = new JsonArray(JsonNode.Parse(service)) } }, Cancel);
        var certificate = Field(await SecretAsync(ns), "tls.crt");

        var token = await ns.MakeAccountAsync("operator");
        await ns.GrantAsync("operator", Rights);
        await using var host = await StartAsync(ns, token);
        await AreReadyAsync(host);

        var account = await AccountAsync(ns);
        await HoldsAsync(
            async () => (await OwnersAsync(ns)).SequenceEqual([$"Service {ns.Name} 5a2b1bb5-0d4c-4b51-9b0a-4bb6a2f4a001", account]),
            () => "both are owners");
        Assert.Equal(certificate, Field(await SecretAsync(ns), "tls.crt"));
        var writes = Writes(ns);
        _time.Advance(TimeSpan.FromDays(1));
        await AreReadyAsync(host);
        Assert.Equal(writes, Writes(ns));
    }

    private static async Task<string> AccountAsync(TestNamespace ns) =>
        $"ServiceAccount operator {(string)(await ns.Api.FindAsync(ns.Path("serviceaccounts", "operator"), Cancel))!["metadata"]!["uid"]!}";

    private static async Task<IEnumerable<string>> OwnersAsync(TestNamespace ns) =>
        ((await SecretAsync(ns))["metadata"]!["ownerReferences"]?.AsArray()
            ?? []).Select(owner => $"{owner!["kind"]} {owner["name"]} {owner["uid"]}");

    private async Task<Replica> StartAsync(TestNamespace ns, string? token = null)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var kubeconfig = token is null ? shared.Server.Kubeconfig() : shared.Server.Kubeconfig(token);
        var settings = OperatorInProcess.Settings(kubeconfig, "--lease-namespace", ns.Name, "--webhook-name", ns.Name,
            "--webhook-port", "0");
        var access = ClusterAccess.Find(kubeconfig, "webhooks");
        var certificates = CertificateHost.Start(settings.Certificate, access, new RuntimeMetrics(registry), registry, _time,
            NullLogger.Instance);
        return new Replica(certificates,
            await WebhookHost.StartAsync(settings.BindAddress, 0, settings.TemplateRules, certificates.Source, registry, _time,
                NullLogger.Instance, Cancel));
    }

    private sealed record Replica(CertificateHost Certificates, WebhookHost Webhooks) : IAsyncDisposable
    {
        public Uri Address => Webhooks.Address;

        public Task<string?> CheckAsync(CancellationToken cancel) => Webhooks.CheckAsync(cancel);

        public async ValueTask DisposeAsync()
        {
            await Webhooks.DisposeAsync();
            await Certificates.DisposeAsync();
        }
    }

    private Task AreReadyAsync(params Replica[] hosts)
    {
        string?[] waiting = [];
        return HoldsAsync(
            async () => (waiting = await Task.WhenAll(hosts.Select(host => host.CheckAsync(Cancel)))).All(reason => reason is null),
            () => $"the webhooks are ready; they wait for {string.Join("; ", waiting)}");
    }

    /// <summary>A little time goes by meanwhile: a watch or a write that broke is tried again after a pause.</summary>
    private Task HoldsAsync(Func<Task<bool>> condition, Func<string> what) => Eventually.HoldsAsync(
        async () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return await condition();
        },
        what, Cancel);

    /// <returns>How often a bad job was refused; one that is stored, because the webhook did not work, fails the test.</returns>
    private static async Task<int> AskAsync(TestNamespace ns, CancellationToken enough)
    {
        var refused = 0;
        while (!enough.IsCancellationRequested)
        {
            Assert.True(await ns.IsRefusedAsync(), "a request came through unasked");
            refused++;
        }

        return refused;
    }

    private int Writes(TestNamespace ns) =>
        shared.Server.Audit.OfOperators()
            .Count(
                entry => entry.IsWrite && entry.Code < 300 && entry.Name == ns.Name
                    && (entry.Resource == "secrets" || entry.Group == "admissionregistration.k8s.io"));

    private static async Task<JsonObject> SecretAsync(TestNamespace ns) => (await ns.Api.FindAsync(ns.Path("secrets", ns.Name), Cancel))!;

    private static string? Field(JsonObject secret, string name) => (string?)secret["data"]![name];

    private static async Task<string> ServedAsync(Replica host)
    {
        var seen = "";
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
        {
            seen = ((X509Certificate2)presented!).Thumbprint;
            return host.Address.IsLoopback; // what it trusts is CheckAsync's affair
        };
        using var http = new HttpClient(handler);
        using var answer = await http.GetAsync(new Uri(host.Address, "healthz"), Cancel);
        return seen;
    }

    private static string Thumbprint(JsonObject secret)
    {
        using var certificate = X509Certificate2.CreateFromPem(
            System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(Field(secret, "tls.crt")!)));
        return certificate.Thumbprint;
    }
}
