using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MhcOperator.Testing.Programs;
using Monitoring.Tests.Support;

namespace Monitoring.Tests;

/// <summary>How Prometheus finds operator and trainers: monitoring/prometheus.yml and the chart's monitors.</summary>
public sealed partial class ScrapeTests
{
    /// <summary>Discovery in Kubernetes is compiled out of Debian's Prometheus: what it would find is put in its place.</summary>
    private static string Configuration =>
        Discovery().Replace(File.ReadAllText(Path.Combine(Repository.Root, "monitoring", "prometheus.yml")),
            "  file_sd_configs:\n  - files: [pods.yml]\n")
        .Replace("/etc/prometheus/mhc-operator/", "", StringComparison.Ordinal);

    [Fact]
    public async Task The_targets_are_the_operators_and_rank_0_of_each_job_with_their_names_as_labels()
    {
        await using var prometheus = await Server.PrometheusAsync(
            Configuration,
            ("rules.yaml", await File.ReadAllTextAsync(Path.Combine(Repository.Root, "monitoring", "rules.yaml"),
                TestContext.Current.CancellationToken)),
            ("ca.crt", Authority()),
            ("pods.yml", string.Concat((string[])
            [
                Pod("mhc-operator-a", "mhc-system", 1, "metrics", "app_kubernetes_io_name: mhc-operator"),
                Pod("mhc-operator-a", "mhc-system", 2, "health", "app_kubernetes_io_name: mhc-operator"),
                Pod("mhc-operator-a", "mhc-system", 3, "webhook", "app_kubernetes_io_name: mhc-operator"),
                Pod("other", "mhc-system", 4, "metrics", "app_kubernetes_io_name: other"),
                Pod("run-1-0", "team", 5, "status", "training_mhc_dev_job: run"),
                Pod("run-1-0", "team", 6, "rendezvous", "training_mhc_dev_job: run"),
                Pod("run-1-1", "team", 7, "mhc-worker", "training_mhc_dev_job: run"),
                Pod("old-1-0", "team", 8, "status", "training_mhc_dev_job: old", "Failed"),
                Pod("web", "team", 9, "status", "app_kubernetes_io_name: web"),
            ])));

        var targets = await prometheus.UntilAsync("two targets",
            async () => (await prometheus.GetAsync(
                "api/v1/targets?state=active"))["data"]!["activeTargets"]!.AsArray() is { Count: > 1 } found ? found : null);

        Assert.Equal(
            [
                """{"instance":"127.0.0.1:1","job":"mhc-operator","namespace":"mhc-system","pod":"mhc-operator-a"}""",
                """{"instance":"127.0.0.1:5","job":"mhc-trainers","mhcjob":"run","namespace":"team","pod":"run-1-0"}""",
            ],
            targets.Select(target => target!["labels"]!.ToJsonString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_the_configuration_but_what_Debian_leaves_out()
    {
        var file = Path.Combine(Repository.Root, "monitoring", $".check-{Environment.ProcessId}.yml");
        try
        {
            await File.WriteAllTextAsync(file, Configuration, TestContext.Current.CancellationToken);
            var answer = await Programs.PromtoolAsync("check", "config", "--syntax-only", file);
            Assert.True(answer.ExitCode == 0, answer.Said);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_operators_monitor_trusts_its_authority_and_sends_a_token()
    {
        var endpoint = (await MonitorAsync("serviceMonitor: {enabled: true}", "servicemonitor"))["spec"]!["endpoints"]![0]!;

        Assert.Equal("https", (string?)endpoint["scheme"]);
        Assert.Equal(
            """{"ca":{"secret":{"name":"mhc-operator-webhook","key":"ca.crt"}},"serverName":"mhc-operator-webhook.mhc-system.svc"}""",
            endpoint["tlsConfig"]!.ToJsonString());
        Assert.True((bool)endpoint["honorLabels"]!);
        Assert.NotNull(endpoint["bearerTokenFile"]);
        var job = endpoint["relabelings"]![0]!;
        Assert.Equal(("job", "mhc-operator"), ((string?)job["targetLabel"], (string?)job["replacement"]));
    }

    [Fact]
    public async Task The_trainers_monitor_names_the_job_in_a_label_of_its_own()
    {
        var spec = (await MonitorAsync("podMonitor: {enabled: true}", "podmonitor"))["spec"]!;

        Assert.True((bool)spec["namespaceSelector"]!["any"]!);
        var endpoint = spec["podMetricsEndpoints"]![0]!;
        Assert.Equal("status", (string?)endpoint["port"]);
        Assert.True((bool)endpoint["honorLabels"]!);
        Assert.Equal(
            """[{"sourceLabels":["__meta_kubernetes_pod_label_training_mhc_dev_job"],"targetLabel":"mhcjob"}]""",
            endpoint["relabelings"]!.ToJsonString());
        var two = (await MonitorAsync("podMonitor: {enabled: true}\nwatchNamespaces: [a, b]", "podmonitor"))["spec"]!;
        Assert.Equal("""{"matchNames":["a","b"]}""", two["namespaceSelector"]!.ToJsonString());
    }

    [Theory]
    [InlineData("serviceMonitor: {enabled: true, namespace: other}", "the Secret with the authority is there")]
    [InlineData("serviceMonitor: {enabled: true}\nmetrics: {enabled: false}", "there is no Service to scrape")]
    [InlineData("rules: {MhcJobFailed: {tresh: 1}}", "tresh")]
    [InlineData("rules: {MhcJobFailed: {for: soon}}", "soon")]
    [InlineData("rules: {MhcJobFailed: {severity: loud}}", "severity")]
    [InlineData("rules: {MhcJobFail: {for: 1m}}", "MhcJobFail")]
    [InlineData("prometheusRule: {runbookUrlPattern: 'https://example.com'}", "runbookUrlPattern")]
    public async Task What_cannot_be_is_refused(string values, string named)
    {
        var answer = await Programs.RenderAsync($"monitoring:\n  {values}\n", "monitoring/servicemonitor.yaml");
        Assert.NotEqual(0, answer.ExitCode);
        Assert.Contains(named, answer.Said, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_of_the_chart_skips_a_check_or_asks_which_kinds_the_server_has()
    {
        var templates = Directory.EnumerateFiles(Repository.PathOf("charts/mhc-operator/templates/monitoring"))
            .Select(File.ReadAllText).ToList();
        Assert.NotEmpty(templates);
        Assert.All(templates, text => Assert.DoesNotContain("insecureSkipVerify", text, StringComparison.Ordinal));
        Assert.All(templates, text => Assert.DoesNotContain("Capabilities", text, StringComparison.Ordinal));
    }

    private static async Task<JsonNode> MonitorAsync(string values, string template)
    {
        var rendered = await Programs.RenderAsync($"monitoring:\n  {values}\n", $"monitoring/{template}.yaml");
        Assert.True(rendered.ExitCode == 0, rendered.Said);
        return Alert.Parse(rendered.Output);
    }

    private static string Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=test", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        return certificate.ExportCertificatePem();
    }

    private static string Pod(string name, string space, int port, string portName, string label, string phase = "Running") => $"""
        - targets: ["127.0.0.1:{port}"]
          labels:
            __meta_kubernetes_pod_name: {name}
            __meta_kubernetes_namespace: {space}
            __meta_kubernetes_pod_phase: {phase}
            __meta_kubernetes_pod_container_port_name: {portName}
            __meta_kubernetes_pod_label_{label}

        """;

    [GeneratedRegex(@"  kubernetes_sd_configs:\n  - role: pod\n(    namespaces:\n      names: .*\n)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Discovery();
}
