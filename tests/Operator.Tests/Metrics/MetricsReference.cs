using System.Globalization;
using System.Text;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Webhooks;
using Prometheus;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Metrics;

/// <summary>Writes docs/metrics.md from what the operator serves once each of its metrics has a value.</summary>
internal static class MetricsReference
{
    public static async Task<string> WriteAsync(CancellationToken cancel)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        Touch(new RuntimeMetrics(registry));
        Touch(new OperatorMetrics(registry));
        Touch(new AdmissionMetrics(registry));
        using var stream = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(stream, cancel);
        var page = new StringBuilder("""
            # Metrics of the operator

            Generated from what the operator serves at `/metrics` (`--bind-address`, `--metrics-port`). Only the leader acts, so that most of them stand
            still on a standby; `mhc_operator_leader` tells the two apart. The webhooks answer on both, and have metrics where they are on. Seconds are in the unit of the name.

            | metric | type | labels | |
            |---|---|---|---|

            """);
        foreach (var line in Describe(Encoding.UTF8.GetString(stream.ToArray()).Split('\n')))
        {
            page.Append(CultureInfo.InvariantCulture, $"{line}\n");
        }

        return page.ToString();
    }

    private static void Touch(RuntimeMetrics metrics)
    {
        metrics.RequestSent("get", "pods", 200);
        metrics.WatchRestarted("pods", "failed");
        metrics.Retried();
        metrics.Reconciled(TimeSpan.FromSeconds(1), success: true);
        metrics.Taken(TimeSpan.FromSeconds(1), depth: 0);
        metrics.IsLeader(true);
    }

    private static void Touch(AdmissionMetrics metrics)
    {
        metrics.Answered("validate", allowed: true);
        metrics.Serves(DateTimeOffset.UnixEpoch);
    }

    private static void Touch(OperatorMetrics metrics)
    {
        metrics.Observe(new JobKey("default", "a"), null);
        metrics.Count(MakeRunning(1, 2).Build(), MakeRunning(2, 2).Condition("Restarting", "True", "Hung").Build());
        metrics.Count(MakeRunning(2, 2).Build(), MakeRunning(3, 2).Condition("Restarting", "True", "RolledBack").Rollback(2, 115, 100).Build());
    }

    /// <summary>One row for each family, in the order of their names.</summary>
    private static IEnumerable<string> Describe(string[] lines) =>
        from line in lines
        where line.StartsWith("# HELP ", StringComparison.Ordinal)
        let words = line.Split(' ', 4)
        let name = words[2]
        let type = lines.Single(l => l.StartsWith($"# TYPE {name} ", StringComparison.Ordinal)).Split(' ')[3]
        orderby name
        select $"| `{name}` | {type} | {Labels(lines.First(l => l.StartsWith(name, StringComparison.Ordinal)))} | {words[3]} |";

    private static string Labels(string sample)
    {
        var (open, close) = (sample.IndexOf('{', StringComparison.Ordinal), sample.IndexOf('}', StringComparison.Ordinal));
        return open < 0 ? "" : string.Join(' ', sample[(open + 1)..close].Split(',').Select(label => label.Split('=')[0]).Where(label => label != "le").Select(label => $"`{label}`"));
    }
}
