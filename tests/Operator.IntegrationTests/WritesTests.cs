using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>What a job costs the server, counted by the server.</summary>
public sealed class WritesTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Until_it_runs_a_job_of_eight_costs_eight_pods_and_six_other_writes_even_where_its_pods_start_one_after_the_other()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(8));
        var gang = await ns.GangExistsAsync(1, 8);
        await ns.JobHoldsAsync("job", job => (int?)job["status"]?["workers"]?["active"] == 8, "its start is recorded");
        foreach (var pod in gang)
        {
            var looks = await ReconcilesAsync(running);
            await ns.RunPodAsync(pod);
            await Eventually.HoldsAsync(async () => await ReconcilesAsync(running) > looks, "the operator has looked at it", Cancel);
        }

        await ns.ConditionHoldsAsync("job", "Running", "True", "GangRunning");
        await Eventually.HoldsAsync(() => Writes(ns).Any(write => write.Resource == "events"), "the last event is written", Cancel);
        var writes = Writes(ns);
        Assert.Equal(8, writes.Count(write => write is { Resource: "pods", Verb: "create" }));
        Assert.Equal(
            ["configmaps", "events", "mhctrainingjobs/status", "mhctrainingjobs/status", "persistentvolumeclaims", "services"],
            writes.Where(write => write.Resource != "pods").Select(write => write.FullResource).Order(StringComparer.Ordinal));
        Assert.True(
            writes.First(write => write.Subresource == "status").ReceivedAt >= writes.Where(write => write.Resource == "pods")
                .Max(write => write.ReceivedAt), "the pods come first");
    }

    private List<AuditEntry> Writes(TestNamespace ns) =>
        [.. shared.Server.Audit.OfOperators().Where(entry => entry.Namespace == ns.Name && entry is { IsWrite: true, IsLease: false })];

    private static Task<double> ReconcilesAsync(OperatorUnderTest running) =>
        running.MetricAsync("mhc_operator_reconcile_duration_seconds_count{result=\"success\"}", Cancel);
}
