using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MhcOperator.Testing.Programs;
using Monitoring.Tests.Support;

namespace Monitoring.Tests;

/// <summary>The dashboards: what dashboard-linter asks of them, and whether their queries are answered.</summary>
public sealed partial class DashboardTests
{
    /// <summary>The oldest that is read by Grafana 9 without a change.</summary>
    private const int OldestSchema = 36;

    private const int Columns = 24;

    private static readonly TimeSpan LongestTraining = TimeSpan.FromMinutes(5);

    public static TheoryData<string> Names() => [.. Dashboard.All().Select(dashboard => dashboard.Name)];

    [Theory, MemberData(nameof(Names))]
    public void A_dashboard_asks_the_source_that_is_chosen_for_the_jobs_that_are_chosen(string name)
    {
        var dashboard = Dashboard.All().Single(d => d.Name == name);

        Assert.True((int)dashboard.Json["schemaVersion"]! >= OldestSchema);
        Assert.StartsWith("mHC / ", (string?)dashboard.Json["title"], StringComparison.Ordinal);
        Assert.NotEmpty((string)dashboard.Json["uid"]!);
        Assert.Null(dashboard.Json["id"]);
        Assert.Equal(("datasource", "datasource", "prometheus"),
            dashboard.Variables.Select(v => ((string)v["name"]!, (string)v["type"]!, (string)v["query"]!.ToString())).First());
        Assert.All(dashboard.Variables.Skip(1), variable => Assert.Equal("${datasource}", (string?)variable["datasource"]!["uid"]));
        Assert.All(dashboard.Queries, query =>
        {
            Assert.Equal(OfJobs().IsMatch(query.Query), query.Query.Contains("\"$namespace\"", StringComparison.Ordinal));
            Assert.All(Range().Matches(query.Query), range => Assert.Matches(@"\[(\$__rate_interval|1d)\]", range.Value));
            Assert.All(Variable().Matches(query.Query).Select(match => match.Value),
                used => Assert.Contains(used, dashboard.Variables.Select(v => $"${v["name"]}").Append("$__rate_interval")));
        });
    }

    [Theory, MemberData(nameof(Names))]
    public void A_panel_has_a_title_a_unit_a_place_of_its_own_and_says_what_each_line_is(string name)
    {
        var dashboard = Dashboard.All().Single(d => d.Name == name);

        Assert.All(dashboard.Panels, panel =>
        {
            Assert.NotEmpty((string)panel["title"]!);
            Assert.NotEmpty((string)panel["fieldConfig"]!["defaults"]!["unit"]!);
            Assert.NotEmpty(panel["targets"]!.AsArray());
            Assert.Equal("${datasource}", (string?)panel["datasource"]!["uid"]);
            Assert.All(panel["targets"]!.AsArray(), target => Assert.NotEmpty((string)target!["legendFormat"]!));
        });
        var ids = dashboard.Json["panels"]!.AsArray().Select(panel => (int)panel!["id"]!).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        var cells = dashboard.Json["panels"]!.AsArray().SelectMany(panel => Cells(panel!["gridPos"]!)).ToList();
        Assert.Equal(cells.Count, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.X, 0, Columns - 1));
    }

    [Fact]
    public void Every_metric_of_the_dashboards_is_one_that_is_served_and_every_one_of_a_training_is_shown()
    {
        var shown = Dashboard.All().SelectMany(dashboard => dashboard.Queries).SelectMany(query => Alert.Metrics(query.Query))
            .Select(metric => Histogram().Replace(metric, "")).ToHashSet(StringComparer.Ordinal);
        var served = Alert.Metrics(
            string.Concat(
                ((string[])["docs/metrics.md", "docs/trainer-contract.md"]).Select(
                    file => File.ReadAllText(Repository.PathOf(file))))).ToHashSet(StringComparer.Ordinal);

        Assert.Empty(shown.Except(served));
        Assert.Empty(served.Where(metric => metric.StartsWith("mhc_train_", StringComparison.Ordinal)).Except(shown)
            .Except(["mhc_train_not_learning_since_step"]));
    }

    [Fact]
    public async Task A_ConfigMap_has_each_as_it_is()
    {
        var rendered = await Programs.RenderAsync("monitoring: {dashboards: {enabled: true, annotations: {grafana_folder: Training}}}",
            "monitoring/dashboards.yaml");
        Assert.True(rendered.ExitCode == 0, rendered.Said);
        Assert.All(Dashboard.All(),
            dashboard => Assert.Contains(
                string.Concat(File.ReadLines(Path.Combine(Dashboard.Folder, dashboard.Name)).Select(line => $"    {line}\n")),
                rendered.Output + "\n", StringComparison.Ordinal));
        Assert.Equal(Dashboard.All().Count, rendered.Output.Split("grafana_dashboard: \"1\"").Length - 1);
        Assert.DoesNotContain(rendered.Output.Split("\n---\n"), part => part.Length > 900_000); // a ConfigMap takes 1 MiB
    }

    /// <summary>The rules are evaluated on the way, and none of them meets labels that it does not expect.</summary>
    [Fact]
    public async Task A_real_Prometheus_answers_every_query_and_evaluates_every_rule_while_a_real_training_runs()
    {
        await using var exporter = await Exporter.StartAsync();
        await using var prometheus = await Server.PrometheusAsync(
            $$$"""
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: [rules.yaml]
            scrape_configs:
            - {job_name: mhc-operator, honor_labels: true, metrics_path: /operator, static_configs: [{targets: ["{{{exporter.Address}}}"], labels: {namespace: mhc-system, pod: a}}]}
            - {job_name: mhc-trainers, honor_labels: true, metrics_path: /trainer, static_configs: [{targets: ["{{{exporter.Address}}}"], labels: {namespace: default, mhcjob: quickstart, pod: quickstart-1-0}}]}
            """,
            ("rules.yaml", await File.ReadAllTextAsync(Path.Combine(Repository.Root, "monitoring", "rules.yaml"),
                TestContext.Current.CancellationToken)));
        var waiting = Dashboard.All().SelectMany(d => d.Queries.Select(q => $"{d.Name}: {q.Panel}: {q.Query}"))
            .ToHashSet(StringComparer.Ordinal);

        await prometheus.UntilAsync(
            "every query answered",
            async () =>
            {
                foreach (var query in waiting.ToList())
                {
                    var answer = await prometheus.QueryAsync(Filled(query.Split(": ", 3)[2]));
                    Assert.True((string?)answer["status"] == "success", $"{query}: {answer["error"]}");
                    if (answer["data"]!["result"]!.AsArray().Count > 0)
                    {
                        waiting.Remove(query);
                    }
                }

                return waiting.Count == 0 ? waiting : null;
            },
            LongestTraining,
            () => $"not answered: {string.Join('\n', waiting)}\n{exporter.Said}");

        // A query may be answered before the next evaluation of the rules.
        var rules = await prometheus.UntilAsync(
            "firing: MhcTrainingCollapsed",
            async () =>
            {
                var all = (await prometheus.GetAsync("api/v1/rules"))["data"]!["groups"]!.AsArray()
                    .SelectMany(group => group!["rules"]!.AsArray()).ToList();
                return all.Exists(rule => (string?)rule!["name"] == "MhcTrainingCollapsed" && (string?)rule["state"] == "firing")
                    && all.TrueForAll(rule => (string?)rule!["health"] != "unknown") ? all : null;
            });
        Assert.Equal(Alert.Rules(Alert.Read("monitoring/rules.yaml")).Count(), rules.Count);
        Assert.All(rules, rule => Assert.True((string?)rule!["health"] == "ok", $"{rule["name"]}: {rule["lastError"]}"));
        Assert.Contains(rules, rule => (string?)rule!["name"] == "MhcTrainingCollapsed" && (string?)rule["state"] == "firing");
        foreach (var variable in Dashboard.All().SelectMany(d => d.Variables).Where(v => (string?)v["type"] == "query"))
        {
            var asked = LabelValues().Match((string)variable["definition"]!);
            Assert.True(asked.Success, (string?)variable["definition"]);
            var values = await prometheus.GetAsync(
                $"api/v1/label/{asked.Groups["label"].Value}/values?match[]={Uri.EscapeDataString(Filled(asked.Groups["series"].Value))}");
            Assert.NotEmpty(values["data"]!.AsArray());
        }
    }

    private static string Filled(string query) => query.Replace("$__rate_interval", "10s", StringComparison.Ordinal)
        .Replace("$namespace", "default", StringComparison.Ordinal).Replace("$mhcjob", "quickstart", StringComparison.Ordinal);

    private static IEnumerable<(int X, int Y)> Cells(JsonNode place) =>
        from x in Enumerable.Range((int)place["x"]!, (int)place["w"]!)
        from y in Enumerable.Range((int)place["y"]!, (int)place["h"]!)
        select (x, y);

    [GeneratedRegex(@"\[[^\]]*\]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Range();

    [GeneratedRegex("mhc_job_|mhc_train_|namespace_mhcjob:", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OfJobs();

    [GeneratedRegex(@"\$\w+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex("_(bucket|count|sum)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Histogram();

    [GeneratedRegex(@"^label_values\((?<series>.*), (?<label>\w+)\)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelValues();
}
