using MhcOperator.Operator.IntegrationTests.Server;
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

        await Eventually.HoldsAsync(async () => await HasAsync(leader, Running(ns, "seen")) && await HasAsync(leader, Running(ns, "gone")), "both jobs run", Cancel);
        Assert.True(await HasAsync(leader, $$"""mhc_job_condition{namespace="{{ns.Name}}",mhcjob="seen",type="Running",status="True","""));
        Assert.False(await HasAsync(standby, "mhc_job_"));

        await ns.Api.DeleteAsync(ns.Path("mhctrainingjobs", "gone"), Cancel);
        await Eventually.HoldsAsync(async () => !await HasAsync(leader, $"namespace=\"{ns.Name}\",mhcjob=\"gone\""), "a deleted job has no series", Cancel);
        Assert.True(await HasAsync(leader, Running(ns, "seen")));

        leader.Terminate();
        await leader.WaitForExitAsync(Cancel);
        await Eventually.HoldsAsync(async () => await HasAsync(standby, Running(ns, "seen")), "the successor exports the job", Cancel);
    }

    private static string Running(TestNamespace ns, string job) => $$"""mhc_job_phase{namespace="{{ns.Name}}",mhcjob="{{job}}",phase="Running"} 1""";

    private static async Task<bool> HasAsync(OperatorUnderTest from, string text) => (await from.AskAsync("/metrics", Cancel)).Body.Contains(text, StringComparison.Ordinal);
}
