using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using MhcOperator.Operator.Hosting;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary><c>mhc-operator check</c> under the rights that it says it needs.</summary>
public sealed class CheckTests(SharedServer shared) : IDisposable
{
    private readonly string _authorities = Path.GetTempFileName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_authorities);

    [Fact]
    public async Task An_installation_that_works_passes_every_check_with_the_least_rights_and_nothing_is_stored()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync("--webhook-port", "0", "--webhook-name", ns.Name, "--secure-metrics-port", "0");
        await DeployedManifests.InstallWebhooksAsync(ns, running.WebhookAddress, Cancel);
        await ns.AsksWebhooksAsync();
        await TrustAsync(ns);
        var account = await ns.MakeAccountAsync("check");
        await ns.GrantAsync("check", $$"""
            - {apiGroups: [training.mhc.dev], resources: [mhctrainingjobs], verbs: [create]}
            - {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [mhc-operator], verbs: [get]}
            - {apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], resourceNames: [{{ns.Name}}], verbs: [get]}
            - {nonResourceURLs: [/metrics], verbs: [get]}
            """);

        var (code, lines) = await CheckAsync(ns, account, ["--timeout", "300", .. Addresses(ns, running)]);
        Assert.Equal(
            [
                "ok    a good job is taken: and has its defaults, such as 1000 optimization.steps",
                "ok    a bad job is refused: with spec.model.heads",
                $"ok    a replica acts: {running.Identity} holds the lease {ns.Name}/mhc-operator",
                $"ok    health is answered: by {Left(running.HealthAddress)}, which is ready",
                $"ok    metrics are answered: by {Left(running.SecureAddress)}",
            ],
            lines);
        Assert.Equal(0, code);
        Assert.Empty(await ns.Api.ListAsync(ns.Path("mhctrainingjobs"), Cancel));
        Assert.DoesNotContain(shared.Server.Audit.OfOperators(),
            entry => entry.User == $"system:serviceaccount:{ns.Name}:check" && entry.Code == 403);
    }

    [Fact]
    public async Task A_certificate_is_checked_for_the_name_that_is_given_and_not_for_the_address()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync("--webhook-name", ns.Name, "--secure-metrics-port", "0");
        await TrustAsync(ns);
        string[] metrics = ["--timeout", "0", "--metrics", running.SecureAddress.ToString(), "--metrics-ca", _authorities,
            "--metrics-server-name"];
        Assert.StartsWith("ok  ", (await CheckAsync(ns, ApiServer.AdminToken, [.. metrics, $"{ns.Name}.{ns.Name}.svc"])).Lines[4],
            StringComparison.Ordinal);
        Assert.Contains("RemoteCertificateNameMismatch",
            (await CheckAsync(ns, ApiServer.AdminToken, [.. metrics, "elsewhere.svc"])).Lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_there_are_no_webhooks_no_lease_and_no_addresses_it_says_so_and_goes_on()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        var (code, lines) = await CheckAsync(ns, ApiServer.AdminToken, "--no-leader-election");
        Assert.StartsWith($"skip  a bad job is refused: there is no webhook configuration {ns.Name}", lines[1], StringComparison.Ordinal);
        Assert.Equal(
            ["skip  a replica acts: there is no lease", "skip  health is answered: no --health was given",
                "skip  metrics are answered: no --metrics was given"], lines[2..]);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task Webhooks_that_nobody_answers_and_a_lease_that_nobody_holds_are_failures_that_say_what_to_do()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        await DeployedManifests.InstallWebhooksAsync(ns, new Uri("https://127.0.0.1:1/"), Cancel);
        var (code, lines) = await CheckAsync(ns, ApiServer.AdminToken, "--timeout", "0", "--health", "http://127.0.0.1:1", "--metrics",
            "https://127.0.0.1:1");
        Assert.Equal(1, code);
        Assert.StartsWith(
            "FAIL  a bad job is refused: it is taken, so that the API server has no answer of the webhooks. Look at /readyz", lines[1],
            StringComparison.Ordinal);
        Assert.StartsWith($"FAIL  a replica acts: there is no lease {ns.Name}/mhc-operator. Look at the operator's pods", lines[2],
            StringComparison.Ordinal);
        Assert.StartsWith("FAIL  health is answered: http://127.0.0.1:1/healthz: ", lines[3], StringComparison.Ordinal);
        Assert.StartsWith("FAIL  metrics are answered: https://127.0.0.1:1/metrics: ", lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replica_that_is_gone_has_not_renewed_its_lease()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        await ns.Api.CreateAsync(ns.Path("leases"), new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "mhc-operator" },
            ["spec"] = new JsonObject
            {
                ["holderIdentity"] = "dead",
                ["leaseDurationSeconds"] = 12,
                ["renewTime"] = "2020-01-01T00:00:00.000000Z"
            },
        }, Cancel);
        var (code, lines) = await CheckAsync(ns, ApiServer.AdminToken, "--timeout", "0");
        Assert.Equal(1, code);
        Assert.StartsWith($"FAIL  a replica acts: dead has not renewed the lease {ns.Name}/mhc-operator since 2020-01-01 00:00:00Z. ",
            lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_right_that_is_missing_is_named()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync("--webhook-name", ns.Name, "--secure-metrics-port", "0");
        await TrustAsync(ns);
        var account = await ns.MakeAccountAsync("check");
        var (code, lines) = await CheckAsync(ns, account, ["--timeout", "0", .. Addresses(ns, running)]);
        Assert.Equal(1, code);
        Assert.EndsWith($"Grant this account create of mhctrainingjobs.training.mhc.dev in {ns.Name}", lines[0], StringComparison.Ordinal);
        Assert.EndsWith($"Grant this account create of mhctrainingjobs.training.mhc.dev in {ns.Name}", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("Grant this account get of that lease", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("ok  ", lines[3], StringComparison.Ordinal);
        Assert.EndsWith("Bind this account to a ClusterRole with nonResourceURLs [/metrics], verbs [get]", lines[4],
            StringComparison.Ordinal);
    }

    private string[] Addresses(TestNamespace ns, OperatorUnderTest running) =>
    [
        "--health", running.HealthAddress.ToString(), "--metrics", running.SecureAddress.ToString(), "--metrics-ca", _authorities,
        "--metrics-server-name", $"{ns.Name}.{ns.Name}.svc",
    ];

    private async Task TrustAsync(TestNamespace ns)
    {
        JsonObject? secret = null;
        await Eventually.HoldsAsync(async () => (secret = await ns.Api.FindAsync(ns.Path("secrets", ns.Name), Cancel)) is not null,
            "there is a certificate", Cancel);
        await File.WriteAllTextAsync(_authorities, Encoding.UTF8.GetString(Convert.FromBase64String((string)secret!["data"]!["ca.crt"]!)),
            Cancel);
    }

    private async Task<(int Code, string[] Lines)> CheckAsync(TestNamespace ns, string token, params IEnumerable<string> arguments)
    {
        using var output = new StringWriter();
        string[] all = ["check", "--kubeconfig", shared.Server.Kubeconfig(token), "--namespace", ns.Name, "--lease-namespace", ns.Name,
            "--webhook-name", ns.Name, .. arguments];
        var code = await OperatorCommand.Create().Parse(all)
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = output }, Cancel);
        TestContext.Current.TestOutputHelper?.WriteLine(output.ToString());
        return (code, output.ToString().TrimEnd('\n').Split('\n'));
    }

    private static string Left(Uri address) => address.GetLeftPart(UriPartial.Authority);
}
