using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>What goes wrong between the operator and the server; with a server of its own, which may be killed.</summary>
public sealed class DisturbanceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task From_a_missing_resource_definition_to_a_restarted_server_no_job_is_lost()
    {
        await using var server = await ApiServer.StartAsync(installCrd: false, Cancel);
        await using var proxy = new CutProxy(server.Port);
        var ns = await TestNamespace.CreateAsync(server);
        using var running = ns.StartOperator(server.Kubeconfig(through: proxy.Port), "--no-leader-election");

        await running.LogsAsync("mhctrainingjobs.training.mhc.dev, which is not installed", Cancel);
        Assert.Equal(503, (await running.AskAsync("/readyz", Cancel)).Status);
        await server.InstallCrdAsync(Cancel);
        await running.WorksAsync(Cancel);

        await ns.CreateJobAsync(JobBuilder.Make("one"));
        var one = await ns.GangExistsAsync(1, 2);
        await ns.RunGangAsync(one);
        await ns.ConditionHoldsAsync("one", "Running", "True");

        // Connections cut in the middle: what happens meanwhile is seen afterwards.
        proxy.Close();
        await ns.CreateJobAsync(JobBuilder.Make("two").Replicas(1));
        proxy.Open();
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Count == 3, "the job made meanwhile has its pod", Cancel);

        // A server that starts anew on a compacted etcd remembers no version that the operator has seen (410), and a pod has gone unseen.
        proxy.Close();
        await ns.Api.DeleteAsync(ns.Path("pods", one[1].Name()), Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("three").Replicas(1));
        server.KillServer();
        await server.CompactAsync(Cancel);
        await server.StartServerAsync(Cancel);
        proxy.Open();
        await Eventually.HoldsAsync(async () => (await ns.GangAsync(2)).Count == 2 && (await ns.GangAsync(1)).Count == 2,
            "the new job has its pod, and the gang that lost one is new", Cancel);
        Assert.Equal(["one-2-0", "one-2-1", "three-1-0", "two-1-0"],
            (await ns.PodsAsync()).Select(pod => pod.Name()).Order(StringComparer.Ordinal));
        Assert.Equal(1, (int?)(await ns.JobAsync("one"))["status"]!["restarts"]);

        // Cut again and again while a gang is made.
        await ns.CreateJobAsync(JobBuilder.Make("four").Replicas(20));
        for (var i = 0; i < 5; i++)
        {
            var count = (await ns.PodsAsync()).Count;
            proxy.Cut();
            await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Count is var now && (now > count || now == 24), "it goes on",
                Cancel);
        }

        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Count == 24, "the gang is whole", Cancel);
        Assert.False(running.HasExited);
        var (_, metrics) = await running.AskAsync("/metrics", Cancel);
        Assert.Contains("mhc_operator_watch_restarts_total{resource=\"pods\",cause=\"failed\"}", metrics, StringComparison.Ordinal);
        Assert.Contains("mhc_operator_watch_restarts_total{resource=\"pods\",cause=\"expired\"}", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_named_and_waited_for()
    {
        await using var server = await ApiServer.StartAsync(installCrd: true, Cancel);
        await using var proxy = new CutProxy(server.Port);
        var ns = await TestNamespace.CreateAsync(server);
        proxy.Close();
        using var running = ns.StartProgram(server.Kubeconfig(through: proxy.Port), "--no-leader-election", "--no-rehearsal");
        await running.LogsAsync($"waiting for https://127.0.0.1:{proxy.Port}", Cancel);
        proxy.Open();
        await running.WorksAsync(Cancel);
        Assert.Equal(200, (await running.AskAsync("/readyz", Cancel)).Status);
        running.Terminate();
        await running.WaitForExitAsync(Cancel);
        Assert.Equal(0, running.ExitCode);
    }
}
