using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

public sealed class JobMetricsTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_leader_alone_exports_a_job_until_it_is_gone_and_its_successor_after_it()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var leader = await ns.RunOperatorAsync();
        using var standby = ns.StartOperator();
        await standby.LogsAsync("waiting for lease", Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("seen").Replicas(1));
        await ns.CreateJobAsync(JobBuilder.Make("gone").Replicas(1));
        await ns.RunGangAsync(await ns.GangExistsAsync(1, 2));

        await Eventually.HoldsAsync(async () => await HasAsync(leader, Running(ns, "seen")) && await HasAsync(leader, Running(ns, "gone")),
            "both jobs run", Cancel);
        Assert.True(await HasAsync(leader, $$"""mhc_job_condition{namespace="{{ns.Name}}",mhcjob="seen",type="Running",status="True","""));
        Assert.False(await HasAsync(standby, "mhc_job_"));

        await ns.Api.DeleteAsync(ns.Path("mhctrainingjobs", "gone"), Cancel);
        await Eventually.HoldsAsync(async () => !await HasAsync(leader, $"namespace=\"{ns.Name}\",mhcjob=\"gone\""),
            "a deleted job has no series", Cancel);
        Assert.True(await HasAsync(leader, Running(ns, "seen")));

        // What a leader has counted and noted is in the status, which the server keeps.
        var counted = new JsonObject
        {
            ["stepsLost"] = new JsonObject { ["rollback"] = 5, ["restart"] = 0, ["disruption"] = 0, ["suspension"] = 0 },
            ["checkpoints"] = new JsonObject { ["latest"] = 7, ["latestAt"] = "2026-01-01T00:00:00Z" },
        };
        await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "seen") + "/status", new JsonObject { ["status"] = counted }, Cancel);
        await Eventually.HoldsAsync(async () => await HasAsync(leader, Lost(ns, "seen")), "the steps lost are exported", Cancel);

        leader.Terminate();
        await leader.WaitForExitAsync(Cancel);
        await Eventually.HoldsAsync(async () => await HasAsync(standby, Running(ns, "seen")), "the successor exports the job", Cancel);
        Assert.True(await HasAsync(standby, Lost(ns, "seen")));
        Assert.True(
            await HasAsync(
                standby, $$"""mhc_job_checkpoint_timestamp_seconds{namespace="{{ns.Name}}",mhcjob="seen",state="Latest"} 1767225600"""));
    }

    private static string Running(TestNamespace ns, string job) =>
        $$"""mhc_job_phase{namespace="{{ns.Name}}",mhcjob="{{job}}",phase="Running"} 1""";

    private static string Lost(TestNamespace ns, string job) =>
        $$"""mhc_job_steps_lost_total{namespace="{{ns.Name}}",mhcjob="{{job}}",cause="Rollback"} 5""";

    private static async Task<bool> HasAsync(OperatorUnderTest from, string text) =>
        (await from.AskAsync("/metrics", Cancel)).Body.Contains(text, StringComparison.Ordinal);
}
