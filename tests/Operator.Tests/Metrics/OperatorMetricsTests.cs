using System.Text;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Webhooks;
using Prometheus;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Metrics;

public sealed class OperatorMetricsTests
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();

    [Fact]
    public async Task Jobs_are_counted_in_the_phase_that_they_are_in()
    {
        var metrics = new OperatorMetrics(_registry);
        var (a, b) = (new NamespacedName("default", "a"), new NamespacedName("default", "b"));
        metrics.Observe(a, null);
        metrics.Observe(a, MakeRunning(1, 2).Build());
        metrics.Observe(b, MakeRunning(1, 2).Build());
        metrics.Forget(b);
        Assert.Contains("mhc_operator_jobs{phase=\"Running\"} 1", await TextAsync(), StringComparison.Ordinal);
        Assert.Contains("mhc_operator_jobs{phase=\"Pending\"} 0", await TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restarts_and_rollbacks_are_counted_by_reason_and_the_recovery_is_timed()
    {
        var metrics = new OperatorMetrics(_registry);
        var running = MakeRunning(1, 2).Build();
        metrics.Count(running, MakeRunning(2, 2).Condition("Restarting", "True", "Hung").Build());
        var back = MakeRunning(3, 2).Condition("Restarting", "True", "RolledBack").Rollback(2, 115, 100).Build();
        metrics.Count(MakeRunning(2, 2).Build(), back);
        metrics.Count(back, MakeRunning(3, 2).Rollback(2, 115, 100, seconds: 12).Build());
        var text = await TextAsync();
        Assert.Contains("mhc_operator_restarts_total{reason=\"Hung\"} 1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("mhc_operator_restarts_total{reason=\"RolledBack\"}", text, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_rollbacks_total{reason=\"LossSpike\"} 1", text, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_recovery_seconds_sum 12", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reasons_that_are_known_begin_at_0()
    {
        _ = new OperatorMetrics(_registry);
        _ = new AdmissionMetrics(_registry);
        var text = await TextAsync();
        Assert.Contains("mhc_operator_restarts_total{reason=\"Hung\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_rollbacks_total{reason=\"LossSpike\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_rollbacks_total{reason=\"Other\"} 0\n", text, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_admission_requests_total{webhook=\"default\",verdict=\"malformed\"} 0\n", text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restarts_that_kept_their_pods_are_counted_once()
    {
        var metrics = new OperatorMetrics(_registry);
        var stays = MakeRunning(2, 2).InPlace(podsAttempt: 1, pending: true).Condition("Restarting", "True", "WorkerFailed").Build();
        metrics.Count(MakeRunning(1, 2).Build(), stays);
        metrics.Count(stays, MakeRunning(2, 2).InPlace(podsAttempt: 1, pending: false).Build());
        var text = await TextAsync();
        Assert.Contains("mhc_operator_restarts_in_place_total 1", text, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_restarts_total{reason=\"WorkerFailed\"} 1", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Words_that_nobody_knows_are_one_series_however_many_there_are()
    {
        var metrics = new OperatorMetrics(_registry);
        for (var i = 0; i < 100; i++)
        {
            var before = MakeRunning(1, 2).Build();
            metrics.Count(
                before, MakeRunning(2, 2).Condition("Restarting", "True", $"R{i}").Rollback(1, 115,
                    100).With(s => s.Rollbacks[0].Reason = $"V{i}").Build());
            metrics.Observe(new NamespacedName("default", $"job-{i}"), MakeRunning(1, 2).With(s => s.Phase = $"P{i}").Build());
        }

        var text = await TextAsync();
        Assert.All((string[])["restarts_total{reason", "rollbacks_total{reason", "jobs{phase"],
            name => Assert.Contains($"mhc_operator_{name}=\"Other\"}} 100", text, StringComparison.Ordinal));
        Assert.DoesNotContain("R7", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rollback_is_counted_though_an_older_record_made_room_for_it()
    {
        var metrics = new OperatorMetrics(_registry);
        var before = MakeRunning(3, 2).Rollback(1, 50, 40).Rollback(2, 60, 50).With(s => s.RollbackCount = 7).Build();
        metrics.Count(before, MakeRunning(4, 2).Rollback(2, 60, 50).Rollback(3, 70, 60).With(s => s.RollbackCount = 8).Build());
        Assert.Contains("mhc_operator_rollbacks_total{reason=\"LossSpike\"} 1", await TextAsync(), StringComparison.Ordinal);
    }

    private async Task<string> TextAsync()
    {
        using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
