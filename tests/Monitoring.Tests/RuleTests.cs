using System.Text.RegularExpressions;
using Monitoring.Tests.Support;

namespace Monitoring.Tests;

/// <summary>The alerts: rendered, tested by promtool, and as kubernetes-mixin has them.</summary>
public sealed partial class RuleTests
{
    private const string Rules = "monitoring/rules.yaml";

    private const string Header =
        "# The alerts for a Prometheus without prometheus-operator: rule_files: [rules.yaml]. Rendered from charts/mhc-operator with its default values.\n";

    public static TheoryData<string> Tests() =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "monitoring", "tests")).Select(file => Path.GetFileName(file)!)];

    public static TheoryData<string> Names() => [.. Alert.All().Select(alert => alert.Name).Distinct(StringComparer.Ordinal)];

    [Fact]
    public async Task The_rules_are_what_the_chart_makes_of_its_defaults()
    {
        var rendered = await Programs.RenderAsync("monitoring: {prometheusRule: {enabled: true}}", "monitoring/prometheusrule.yaml");
        Assert.True(rendered.ExitCode == 0, rendered.Said);
        var spec = rendered.Output[(rendered.Output.IndexOf("\nspec:\n", StringComparison.Ordinal) + 7)..];
        Repository.HoldUpToDate(Rules, Header + Indent().Replace(spec, ""));
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_the_rules()
    {
        var answer = await Programs.PromtoolAsync("check", "rules", "--lint=all", "--lint-fatal", Rules);
        Assert.True(answer.ExitCode == 0, answer.Said);
    }

    [Theory, MemberData(nameof(Tests))]
    public async Task Each_alert_is_silent_and_fires_as_its_tests_say(string file)
    {
        var answer = await Programs.PromtoolAsync("test", "rules", $"monitoring/tests/{file}");
        Assert.True(answer.ExitCode == 0, answer.Said);
    }

    [Fact]
    public void Each_alert_has_a_test_in_which_it_fires_and_one_in_which_it_does_not()
    {
        var checks = Tests().Select(row => row.Data)
            .SelectMany(file => Alert.Read($"monitoring/tests/{file}")["tests"]!.AsArray())
            .SelectMany(test => test!["alert_rule_test"]!.AsArray())
            .ToLookup(check => check!["exp_alerts"] is not null, check => (string)check!["alertname"]!);
        var firing = Tests().Select(row => row.Data)
            .SelectMany(file => Alert.Read($"monitoring/tests/{file}")["tests"]!.AsArray())
            .SelectMany(test => test!["alert_rule_test"]!.AsArray())
            .SelectMany(
                check => (check!["exp_alerts"]?.AsArray()
                    ?? []).Select(expected => ((string)check["alertname"]!, (string)expected!["exp_labels"]!["severity"]!)));

        Assert.Empty(Alert.All().Select(alert => (alert.Name, alert.Severity!)).Except(firing));
        Assert.Empty(Names().Select(row => row.Data).Except(checks[false]));
    }

    [Theory, MemberData(nameof(Names))]
    public void An_alert_keeps_to_the_conventions(string name)
    {
        Assert.Matches("^Mhc([A-Z][a-z]+)+$", name);
        Assert.All(Alert.All().Where(alert => alert.Name == name), alert =>
        {
            Assert.Contains(alert.Severity, (string[])["critical", "warning", "info"]);
            Assert.Matches(@"^[A-Z][^{}$]*\.$", alert.Annotation("summary"));
            Assert.EndsWith(".", alert.Annotation("description"), StringComparison.Ordinal);
            Assert.True(alert.Annotation("description").Contains("{{ $labels.", StringComparison.Ordinal) || name == "MhcRecoverySlow",
                "the description names nothing");
            Assert.EndsWith($"/docs/runbooks/{name}.md", alert.Annotation("runbook_url"), StringComparison.Ordinal);
            Assert.True(alert.Severity != "critical" || alert.Rule["for"] is not null || name == "MhcJobRollbackBudgetLow",
                "nobody is woken by one bad scrape");
            Assert.DoesNotContain('$', alert.Expression);
            Assert.DoesNotMatch(@"\$(?!labels|value)", alert.Annotation("description"));
            Assert.DoesNotMatch(@"\b(by|on) \((?!.*cluster)", alert.Expression);
        });
    }

    [Fact]
    public void Every_metric_of_the_rules_is_one_that_is_served()
    {
        var served = new[] { "docs/metrics.md", "docs/trainer-contract.md" }.SelectMany(
            page => Alert.Metrics(File.ReadAllText(Repository.PathOf(page)))).ToHashSet(StringComparer.Ordinal);
        Assert.All(
            Alert.Rules(Alert.Read(Rules)).SelectMany(rule => Alert.Metrics((string)rule["expr"]!)),
            metric => Assert.Contains(Histogram().Replace(metric, ""), served));
    }

    [Fact]
    public void What_is_recorded_is_named_after_its_labels_and_what_was_done()
    {
        var recorded = Alert.Rules(Alert.Read(Rules)).Where(rule => rule.ContainsKey("record")).Select(rule => (string)rule["record"]!)
            .ToList();
        Assert.All(recorded, name => Assert.Matches("^(cluster|namespace_mhcjob):mhc_[a-z_]+:[a-z0-9_]+$", name));
        var used = string.Join('\n', Alert.Rules(Alert.Read(Rules)).Select(rule => (string)rule["expr"]!))
            + string.Concat(Directory.EnumerateFiles(Repository.PathOf("charts/mhc-operator/dashboards"))
            .Select(File.ReadAllText));
        Assert.All(recorded, name => Assert.Contains(name, used, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Each_alert_can_be_switched_off_and_the_others_stay(int half)
    {
        var off = Names().Select(row => row.Data).Where((_, i) => i % 2 == half).ToHashSet(StringComparer.Ordinal);
        var left = await RenderAsync(string.Join('\n', off.Select(name => $"{name}: {{enabled: false}}")));
        Assert.Equal(Alert.All().Where(alert => !off.Contains(alert.Name)).Select(alert => alert.Rule.ToJsonString()),
            left.Select(alert => alert.Rule.ToJsonString()));
    }

    [Fact]
    public async Task Each_alert_can_be_changed_in_all_that_does_not_decide_when_it_fires()
    {
        var changed = await RenderAsync(
            string.Join(
                '\n', Names().Select(
                    row => $"{row.Data}: {{for: 7m, severity: info, labels: {{team: research}}, annotations: {{summary: Our own.}}}}")));
        Assert.Equal(Alert.All().Select(alert => alert.Expression), changed.Select(alert => alert.Expression));
        Assert.All(changed.DistinctBy(alert => alert.Name), alert => Assert.Equal(
            ("7m", "info", "research", "Our own."),
            ((string?)alert.Rule["for"], alert.Severity, (string?)alert.Rule["labels"]!["team"], alert.Annotation("summary"))));
    }

    [Fact]
    public async Task Each_figure_is_in_the_expression_and_may_be_changed()
    {
        var values = Alert.Read("charts/mhc-operator/values.yaml")["monitoring"]!["rules"]!.AsObject();
        var figures = values.SelectMany(
            rule => rule.Value!.AsObject().Where(word => word.Key is "threshold" or "days" or "hours" or "window")
                .Select(word => (rule.Key, Word: word.Key))).ToList();
        Assert.NotEmpty(figures);
        var changed = await RenderAsync(
            string.Join(
                '\n', figures.GroupBy(figure => figure.Key)
                    .Select(
                        rule => $"{rule.Key}: {{{string.Join(", ", rule.Select(figure => $"{figure.Word}: {(figure.Word == "window" ? "77m" : "7777")}"))}}}")));
        Assert.All(
            figures, figure => Assert.Contains(figure.Word == "window" ? "77m" : "7777",
                changed.First(alert => alert.Name == figure.Key).Expression, StringComparison.Ordinal));
    }

    private static async Task<IReadOnlyList<Alert>> RenderAsync(string rules)
    {
        var values = $"monitoring:\n  prometheusRule: {{enabled: true}}\n  rules:\n    {rules.Replace("\n", "\n    ", StringComparison.Ordinal)}\n";
        var rendered = await Programs.RenderAsync(values, "monitoring/prometheusrule.yaml");
        Assert.True(rendered.ExitCode == 0, rendered.Said);
        return [.. Alert.Rules(Alert.Parse(rendered.Output)["spec"]!).Where(rule => rule.ContainsKey("alert"))
            .Select(rule => new Alert((string)rule["alert"]!, rule))];
    }

    [GeneratedRegex("^  ", RegexOptions.Multiline, 1000)]
    private static partial Regex Indent();

    [GeneratedRegex("_(bucket|count|sum)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Histogram();
}
