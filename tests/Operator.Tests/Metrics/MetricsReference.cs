using System.Buffers;
using System.Globalization;
using System.Text;
using MhcOperator.Api;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Building;
using MhcOperator.Operator.Webhooks;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Metrics;

/// <summary>Writes docs/metrics.md from what the operator serves once each of its metrics has a value.</summary>
internal static class MetricsReference
{
    /// <summary>What is served once each metric has a value.</summary>
    public static async Task<string> TextAsync(CancellationToken cancel)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        Touch(new RuntimeMetrics(registry));
        Touch(new OperatorMetrics(registry));
        Touch(new AdmissionMetrics(registry));
        new CertificateMetrics(registry).Serves(DateTimeOffset.UnixEpoch);
        _ = new ProcessMetrics(registry);
        using var stream = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(stream, cancel);
        var jobs = new JobMetrics();
        var one = JobBuilder.MakeJob().With(j => j.Spec.RunPolicy.ActiveDeadlineSeconds = 3600).BuildManifest(FullStatus());
        var other = JobBuilder.MakeJob().Named("ended")
            .BuildManifest(MakeRunning(1, 2).With(s => s.FinishedAt = Clock.Start.UtcDateTime).Build());
        jobs.Lead(() => [one, other]);
        var text = new ArrayBufferWriter<byte>();
        jobs.Write(text);
        return Encoding.UTF8.GetString(stream.ToArray()) + Encoding.UTF8.GetString(text.WrittenSpan);
    }

    /// <summary>A status in which nothing is missing that a running job can have.</summary>
    public static MhcTrainingJobStatus FullStatus() => MakeRunning(4, 2)
        .Condition("Restarting", "False", "GangRunning").Condition("Reconciled", "True", "Reconciled")
        .Rollback(1, 115, 100)
        .With(s =>
        {
            s.Restarts = 2;
            s.Progress = new ProgressStatus { Step = 120, TotalSteps = 1000, UpdatedAt = Clock.After(60).UtcDateTime };
            s.Checkpoints = new CheckpointsStatus
            {
                Latest = 110,
                LatestAt = Clock.After(50).UtcDateTime,
                Verified = 100,
                VerifiedAt = Clock.After(40).UtcDateTime,
            };
            s.StepsLost = new StepsLostStatus { Rollback = 15, Restart = 7 };
        })
        .Build();

    public static async Task<string> WriteAsync(CancellationToken cancel)
    {
        var page = new StringBuilder("""
            # Metrics of the operator

            Generated from what the operator serves at `/metrics` (`--bind-address`, `--metrics-port`).
            With `--secure-metrics-port` it is served there, over TLS, for tokens with the right to get it: [security.md](security.md#who-may-have-the-metrics).
            Seconds and bytes are in the unit of the name.
            A reason, phase or other word that the operator does not give is `Other`.

            Only the leader acts, and `mhc_operator_leader` tells the two apart.

            | metrics of | served by | |
            |---|---|---|
            | the operator's work | both | they stand still on a standby |
            | each job (`mhc_job_*`) | the leader alone | so that sums over the replicas do not double. A job's series go when the job goes |
            | the webhooks | both | where they are on |

            A job's name is in `mhcjob`, since `job` is Prometheus' own.
            Set `honorLabels` where you scrape, or `namespace` becomes `exported_namespace`.

            What a trainer serves is in [trainer-contract.md](trainer-contract.md#what-rank-0-answers-the-status-port).

            | metric | type | labels | |
            |---|---|---|---|

            """);
        foreach (var line in Describe((await TextAsync(cancel)).Split('\n')))
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
        metrics.Took("validate", TimeSpan.FromSeconds(0.01));
    }

    private static void Touch(OperatorMetrics metrics)
    {
        metrics.Observe(new NamespacedName("default", "a"), null);
        metrics.Count(MakeRunning(1, 2).Build(), MakeRunning(2, 2).Condition("Restarting", "True", "Hung").Build());
        metrics.Count(MakeRunning(2, 2).Build(),
            MakeRunning(3, 2).Condition("Restarting", "True", "RolledBack").Rollback(2, 115, 100).Build());
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
        return open < 0 ? "" : string.Join(' ',
            sample[(open + 1)..close].Split(',').Select(label => label.Split('=')[0]).Where(label => label != "le")
                .Select(label => $"`{label}`"));
    }
}
