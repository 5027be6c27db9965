using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

public sealed class IdleTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_job_whose_trainer_says_nothing_new_costs_no_request_to_the_server()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.RunGangAsync(await ns.GangExistsAsync(1, 2));
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await Eventually.HoldsAsync(async () => (await ns.EventsAsync("job")).Any(happened => (string?)happened["reason"] == "GangRunning"),
            "the last event is there", Cancel);
        var before = Requests(ns);
        var reconciles = await ReconcilesAsync(running);
        await Eventually.HoldsAsync(async () => await ReconcilesAsync(running) >= reconciles + 10, "it looks at the job ten times", Cancel);
        Assert.Equal(before, Requests(ns));
    }

    [Fact]
    public async Task The_trainers_status_is_asked_for_and_shown()
    {
        using var trainer = new PlayedTrainer { Step = 42 };
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1));
        await ns.RunPodAsync((await ns.GangExistsAsync(1, 1))[0], trainer.Address);
        await ns.JobHoldsAsync("job", job => (int?)job["status"]?["progress"]?["step"] == 42, "it shows step 42");
    }

    [Fact]
    public async Task Health_readiness_and_metrics_are_served()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        using var standby = ns.StartOperator();
        await standby.LogsAsync("waiting for lease", Cancel);
        await Eventually.HoldsAsync(async () => (await standby.AskAsync("/readyz", Cancel)).Status == 200,
            "one that waits for the lease is ready to take over", Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.RunGangAsync(await ns.GangExistsAsync(1, 2));
        await ns.ConditionHoldsAsync("job", "Running", "True");
        Assert.Equal((200, "ok\n"), await running.AskAsync("/healthz", Cancel));
        Assert.Equal((200, "ok\n"), await running.AskAsync("/readyz", Cancel));
        // The operator counts a status when the server has told it that it is written, which the test may know sooner.
        var metrics = "";
        await Eventually.HoldsAsync(
            async () => (metrics = (await running.AskAsync("/metrics", Cancel)).Body).Contains("mhc_operator_jobs{phase=\"Running\"} 1",
                StringComparison.Ordinal),
            () => $"one job is counted as running; the metrics are {metrics}", Cancel);
        Assert.Contains("mhc_operator_leader 1", metrics, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_leader 0", (await standby.AskAsync("/metrics", Cancel)).Body, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_api_requests_total{verb=\"create\",resource=\"pods\",code=\"201\"} 2", metrics,
            StringComparison.Ordinal);
    }

    private int Requests(TestNamespace ns) =>
        shared.Server.Audit.OfOperators().Count(entry => entry.Namespace == ns.Name && !entry.IsLease);

    private static Task<double> ReconcilesAsync(OperatorUnderTest running) =>
        running.MetricAsync("mhc_operator_reconcile_duration_seconds_count{result=\"success\"}", Cancel);
}
