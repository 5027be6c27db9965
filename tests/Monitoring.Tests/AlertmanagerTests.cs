using System.Text.Json.Nodes;
using MhcOperator.Testing.Programs;
using Monitoring.Tests.Support;

namespace Monitoring.Tests;

/// <summary>monitoring/alertmanager.yml.</summary>
public sealed class AlertmanagerTests
{
    private const string Configuration = "monitoring/alertmanager.yml";
    private const string Probe = "probe-";

    [Fact]
    public async Task Amtool_finds_nothing_wrong_with_it()
    {
        var answer = await Programs.AmtoolAsync("check-config", Configuration);
        Assert.True(answer.ExitCode == 0, answer.Said);
    }

    [Theory]
    [InlineData("critical", "pager")]
    [InlineData("warning", "tickets")]
    [InlineData("info", "nowhere")]
    public async Task What_is_critical_pages_and_what_is_not_does_not(string severity, string receiver)
    {
        var answer = await Programs.AmtoolAsync("config", "routes", "test", $"--config.file={Configuration}",
            $"--verify.receivers={receiver}", "alertname=MhcJobFailed", $"severity={severity}");
        Assert.True(answer.ExitCode == 0, answer.Said);
    }

    [Fact]
    public async Task A_real_Alertmanager_keeps_back_what_a_larger_fault_explains_and_nothing_else()
    {
        await using var alertmanager =
            await Server.AlertmanagerAsync(
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, Configuration),
                TestContext.Current.CancellationToken));
        string[] quiet =
        [
            "one/warning/MhcJobLate/team/run", "one/warning/MhcJobFailed/team/gone", // no operator in cluster one
            "two/warning/MhcTrainingSuspicious/team/failed", "two/warning/MhcTrainingGapNearLimit/team/failed",
            "two/critical/MhcTrainingStalled/team/failed", "two/warning/MhcCheckpointOverdue/team/failed", // it has failed
            "two/critical/MhcJobNotProgressing/team/hung", // it stalls
            "two/warning/MhcJobRollbackBudgetLow/team/run", "two/warning/MhcWebhookCertificateExpiring/mhc-system/", // the second step
        ];
        string[] loud =
        [
            "one/critical/MhcOperatorDown/mhc-system/", "one/critical/MhcTrainingStalled/team/run",
            "two/warning/MhcJobFailed/team/failed", "two/warning/MhcTrainingSuspicious/team/run",
            "two/warning/MhcJobRollbackBudgetLow/other/run",
            "two/critical/MhcTrainingStalled/team/hung", "two/critical/MhcJobNotProgressing/team/run",
            "two/critical/MhcJobRollbackBudgetLow/team/run", "two/critical/MhcWebhookCertificateExpiring/mhc-system/",
            "three/warning/MhcJobLate/team/run",
        ];
        await CaughtUpAsync("before");
        await RaiseAsync(quiet.Concat(loud));
        await CaughtUpAsync("after");

        Assert.Equal(quiet.Order(StringComparer.Ordinal), await NamesAsync("suppressed"));
        Assert.Equal(loud.Order(StringComparer.Ordinal), await NamesAsync("active"));

        Task RaiseAsync(IEnumerable<string> alerts) =>
            alertmanager.PostAsync("api/v2/alerts",
                new JsonArray([.. alerts.Select(alert => (JsonNode)new JsonObject { ["labels"] = Labels(alert) })]));

        async Task<string[]> NamesAsync(string state) =>
        [
            .. (await alertmanager.GetAsync("api/v2/alerts")).AsArray().Where(alert => (string?)alert!["status"]!["state"] == state)
                .Select(alert => Name(alert!["labels"]!))
                .Where(name => !name.StartsWith(Probe, StringComparison.Ordinal)).Order(StringComparer.Ordinal),
        ];

        // Inhibition works through alerts behind the API, in the order in which they came: once it knows of the last, it knows of all.
        async Task CaughtUpAsync(string cluster)
        {
            string[] probe = [$"{Probe}{cluster}/warning/MhcJobLate/team/run", $"{Probe}{cluster}/critical/MhcOperatorDown/mhc-system/"];
            await RaiseAsync(probe);
            await alertmanager.UntilAsync($"one alert kept back by the other: {probe[0]}", async () =>
                (await alertmanager.GetAsync("api/v2/alerts?active=false")).AsArray().Any(alert => Name(alert!["labels"]!) == probe[0])
                    ? probe : null);
        }
    }

    private static JsonObject Labels(string alert) => alert.Split('/') is [var cluster, var severity, var name, var space, var job]
        ? new JsonObject { ["cluster"] = cluster, ["severity"] = severity, ["alertname"] = name, ["namespace"] = space, ["mhcjob"] = job }
        : throw new ArgumentException(alert, nameof(alert));

    private static string Name(JsonNode labels) =>
        string.Join(
            '/', ((string[])["cluster", "severity", "alertname", "namespace", "mhcjob"]).Select(label => (string?)labels[label] ?? ""));
}
