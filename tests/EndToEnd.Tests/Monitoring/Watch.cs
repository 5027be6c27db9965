using System.Globalization;
using System.Text.Json.Nodes;
using EndToEnd.Tests.Cluster;
using MhcOperator.Api;
using MhcOperator.Api.Yaml;
using MhcOperator.Testing.Programs;

namespace EndToEnd.Tests.Monitoring;

/// <summary>
/// A real Prometheus that scrapes by the chart's monitors and judges by its rules, and a real Alertmanager that tells a <see cref="Phone"/>
/// by <c>monitoring/alertmanager.yml</c>. What stands in for something else: targets are written to files, for Debian's Prometheus does not
/// know Kubernetes; scrapes, rules and messages wait two seconds at most.
/// </summary>
internal sealed class Watch : IAsyncDisposable
{
    private const string Rules = "rules.json"; // JSON is YAML

    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-watch-").FullName;
    private readonly RealCluster _cluster;
    private Server? _prometheus;
    private Server? _alertmanager;

    private Watch(RealCluster cluster) => _cluster = cluster;

    public Phone Phone { get; } = new();

    /// <summary>Watches the operator that Helm has installed.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="space">Where Prometheus has its account.</param>
    /// <param name="values">Of the chart, for the rules.</param>
    public static async Task<Watch> StartAsync(RealCluster cluster, TestNamespace space, string values)
    {
        var watch = new Watch(cluster);
        try
        {
            var monitors = await watch.MonitorsAsync(values);
            await watch.WriteTargetsAsync("operators", [], "");
            await watch.WriteTargetsAsync("trainers", [], "");
            watch._alertmanager = await Server.AlertmanagerAsync(await watch.RoutesAsync());
            watch._prometheus = await Server.PrometheusAsync(
                await watch.ScrapesAsync(space, monitors), (Rules, monitors["PrometheusRule"]["spec"]!.ToJsonString()));
            await watch.WriteTargetsAsync(
                "operators",
                await cluster.Kubectl.ListAsync("pods", "--namespace", OperatorRelease.Namespace, "--selector",
                    $"app.kubernetes.io/instance={OperatorRelease.Name}"),
                "metrics");
            return watch;
        }
        catch
        {
            await watch.DisposeAsync();
            throw;
        }
    }

    /// <summary>Scrapes the job's pods too, those that there are.</summary>
    public async Task AddAsync(TestNamespace space, string job) =>
        await WriteTargetsAsync("trainers",
            await _cluster.Kubectl.ListAsync("pods", "--namespace", space.Name, "--selector", $"{Labels.Job}={job}"), "status");

    /// <summary>The only value of a query.</summary>
    public async Task<double> ValueAsync(string query)
    {
        var answer = await _prometheus!.QueryAsync(query);
        Assert.True((string?)answer["status"] == "success", answer.ToJsonString());
        return double.Parse((string)Assert.Single(answer["data"]!["result"]!.AsArray())!["value"]![1]!, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in (Server?[])[_prometheus, _alertmanager])
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }

        Phone.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<Dictionary<string, JsonNode>> MonitorsAsync(string values)
    {
        var rendered = await _cluster.Helm.RunAsync([
            "template", OperatorRelease.Name, Helm.Chart, "--namespace", OperatorRelease.Namespace, "--set",
            $"monitoring.serviceMonitor.enabled=true,monitoring.podMonitor.enabled=true,monitoring.prometheusRule.enabled=true,{values}",
        ]);
        return (from document in YamlReader.Read(rendered)
                let made = document.Root as JsonObject
                where (string?)made?["apiVersion"] == "monitoring.coreos.com/v1"
                select made).ToDictionary(made => (string)made["kind"]!, made => (JsonNode)made, StringComparer.Ordinal);
    }

    private async Task<string> RoutesAsync()
    {
        var text = await File.ReadAllTextAsync(Repository.PathOf("monitoring/alertmanager.yml"), TestContext.Current.CancellationToken);
        var routes = YamlReader.Read(text)[0].Root!.AsObject();
        (routes["route"]!["group_wait"], routes["route"]!["group_interval"]) = ("0s", "1s");
        foreach (var receiver in routes["receivers"]!.AsArray())
        {
            receiver!["webhook_configs"] =
                new JsonArray(new JsonObject { ["url"] = Phone.AddressOf((string)receiver["name"]!), ["send_resolved"] = true });
        }

        return routes.ToJsonString();
    }

    /// <summary>What prometheus-operator makes of the monitors.</summary>
    private async Task<string> ScrapesAsync(TestNamespace space, Dictionary<string, JsonNode> monitors)
    {
        var endpoint = monitors["ServiceMonitor"]["spec"]!["endpoints"]![0]!;
        var authority = endpoint["tlsConfig"]!["ca"]!["secret"]!;
        var (certificate, token) = (Path.Combine(_folder, "ca.crt"), Path.Combine(_folder, "token"));
        await File.WriteAllBytesAsync(certificate,
            await SecretAsync((string)authority["name"]!, OperatorRelease.Namespace, (string)authority["key"]!),
            TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(token, await TokenAsync(space), TestContext.Current.CancellationToken);
        var operators = Scrape("operators", endpoint);
        operators["scheme"] = endpoint["scheme"]!.DeepClone();
        operators["tls_config"] =
            new JsonObject { ["ca_file"] = certificate, ["server_name"] = endpoint["tlsConfig"]!["serverName"]!.DeepClone() };
        operators["authorization"] = new JsonObject { ["credentials_file"] = token };
        return new JsonObject
        {
            ["global"] = new JsonObject { ["scrape_interval"] = "2s", ["scrape_timeout"] = "2s", ["evaluation_interval"] = "2s" },
            ["rule_files"] = new JsonArray(Rules),
            ["alerting"] = new JsonObject
            {
                ["alertmanagers"] = new JsonArray(
                    new JsonObject
                    {
                        ["static_configs"] = new JsonArray(
                        new JsonObject { ["targets"] = new JsonArray(_alertmanager!.Address.Authority) })
                    }),
            },
            ["scrape_configs"] = new JsonArray(operators, Scrape("trainers", monitors["PodMonitor"]["spec"]!["podMetricsEndpoints"]![0]!)),
        }.ToJsonString();
    }

    private JsonObject Scrape(string name, JsonNode endpoint) => new()
    {
        ["job_name"] = name,
        ["honor_labels"] = endpoint["honorLabels"]!.DeepClone(),
        ["file_sd_configs"] = new JsonArray(new JsonObject { ["files"] = new JsonArray(Targets(name)), ["refresh_interval"] = "1s" }),
        ["relabel_configs"] = new JsonArray([.. endpoint["relabelings"]!.AsArray().Select(Relabeling)]),
    };

    private static JsonNode Relabeling(JsonNode? relabeling) => new JsonObject(relabeling!.AsObject().Select(field => KeyValuePair.Create(
        field.Key switch { "sourceLabels" => "source_labels", "targetLabel" => "target_label", _ => field.Key },
        field.Value?.DeepClone())));

    /// <summary>A token of an account that may get metrics, and nothing else.</summary>
    private async Task<byte[]> TokenAsync(TestNamespace space)
    {
        await _cluster.Kubectl.RunAsync(["create", "serviceaccount", "prometheus", "--namespace", space.Name]);
        await _cluster.Kubectl.RunAsync([
            "create", "clusterrolebinding", $"prometheus-{space.Name}", $"--clusterrole={OperatorRelease.Name}-metrics-reader",
            $"--serviceaccount={space.Name}:prometheus"]);
        var account = await Eventually.SeesAsync(
            "the account's token", () => _cluster.Kubectl.GetAsync("serviceaccount", "prometheus", "--namespace", space.Name),
            account => account?["secrets"]?.AsArray().Count > 0);
        return await SecretAsync((string)account!["secrets"]![0]!["name"]!, space.Name, "token");
    }

    private async Task<byte[]> SecretAsync(string name, string ns, string key) =>
        Convert.FromBase64String((string)(await _cluster.Kubectl.GetAsync("secret", name, "--namespace", ns))!["data"]![key]!);

    /// <summary>The targets that discovery finds: pods that have the port, with the labels that it gives them.</summary>
    private async Task WriteTargetsAsync(string name, IReadOnlyList<JsonNode> pods, string port)
    {
        var targets = from pod in pods
                      from container in pod["spec"]!["containers"]!.AsArray()
                      from open in container!["ports"]?.AsArray() ?? []
                      where (string?)open!["name"] == port
                      select (JsonNode)new JsonObject
                      {
                          ["targets"] = new JsonArray($"{pod["status"]!["podIP"]}:{open["containerPort"]}"),
                          ["labels"] = new JsonObject
                          {
                              ["namespace"] = pod["metadata"]!["namespace"]!.DeepClone(),
                              ["pod"] = pod["metadata"]!["name"]!.DeepClone(),
                              ["__meta_kubernetes_pod_label_training_mhc_dev_job"] = (string?)pod["metadata"]!["labels"]![Labels.Job] ?? "",
                          },
                      };
        var file = Targets(name);
        await File.WriteAllTextAsync($"{file}.new", new JsonArray([.. targets]).ToJsonString(), TestContext.Current.CancellationToken);
        File.Move($"{file}.new", file, overwrite: true);
    }

    private string Targets(string name) => Path.Combine(_folder, $"{name}.json");
}
