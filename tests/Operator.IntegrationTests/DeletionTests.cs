using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>What is left when a job goes; with the real garbage collector, on a server of its own.</summary>
public sealed class DeletionTests
{
    private static readonly string[] Children = ["pods", "services", "configmaps"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_goes_with_its_children_by_its_time_to_live_or_in_the_foreground_and_its_claim_by_its_policy()
    {
        await using var server = await ApiServer.StartAsync(installCrd: true, Cancel);
        using var collector = Daemon.Start(
            ServerBinaries.Find().ApiServer.Replace("kube-apiserver", "kube-controller-manager", StringComparison.Ordinal),
            ["--kubeconfig", server.Kubeconfig(), "--controllers", "garbagecollector,pvc-protection", "--leader-elect=false", "--port", "0",
                "--secure-port", "0"],
            server.NewLogFile("controller-manager"));
        var ns = await TestNamespace.CreateAsync(server);
        using var running = await ns.RunOperatorAsync();

        // A failed job goes by its time to live, and never runs again.
        await ns.CreateJobAsync(JobBuilder.Make("failed").Replicas(1).MaxRestarts(0).TimeToLive(1)
            .With("checkpoints", "volume", Volume("Delete")));
        await ns.EndPodAsync((await ns.GangExistsAsync(1, 1))[0], 1);
        await ns.ConditionHoldsAsync("failed", "Failed", "True");
        await GoneAsync(ns, "mhctrainingjobs", "failed");
        await AllGoneAsync(ns);
        await GoneAsync(ns, "persistentvolumeclaims", "failed-checkpoints");

        // In the foreground the children go first: while a pod is held back, the job is still there.
        await ns.CreateJobAsync(JobBuilder.Make("kept").Replicas(1).With("checkpoints", "volume", Volume("Retain")));
        var pod = (await ns.GangExistsAsync(1, 1))[0];
        await HoldAsync(ns, pod, "[\"example.com/held\"]");
        await ns.Api.DeleteInForegroundAsync(ns.Path("mhctrainingjobs", "kept"), Cancel);
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).All(p => p["metadata"]!["deletionTimestamp"] is not null),
            "the pod is being deleted", Cancel);
        await GoneAsync(ns, "services", "kept");
        Assert.NotNull((await ns.JobAsync("kept"))["metadata"]!["deletionTimestamp"]);
        await HoldAsync(ns, pod, "null");
        await GoneAsync(ns, "mhctrainingjobs", "kept");
        await AllGoneAsync(ns);

        // The claim that was retained serves the next job of that name.
        var claim = await ns.Api.FindAsync(ns.Path("persistentvolumeclaims", "kept-checkpoints"), Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("kept").Replicas(1).With("checkpoints", "volume", Volume("Retain")));
        await ns.GangExistsAsync(1, 1);
        Assert.Equal(claim!.Uid(), (await ns.Api.FindAsync(ns.Path("persistentvolumeclaims", "kept-checkpoints"), Cancel))!.Uid());
        Assert.False(running.HasExited);
    }

    private static JsonObject Volume(string policy) => new() { ["policy"] = policy };

    private static Task<JsonObject> HoldAsync(TestNamespace ns, JsonObject pod, string finalizers) =>
        ns.Api.MergeAsync(ns.Path("pods", pod.Name()),
            new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = JsonNode.Parse(finalizers) } }, Cancel);

    private static Task GoneAsync(TestNamespace ns, string resource, string name) =>
        Eventually.HoldsAsync(async () => await ns.Api.FindAsync(ns.Path(resource, name), Cancel) is null, $"{resource} {name} is gone",
            Cancel);

    private static async Task AllGoneAsync(TestNamespace ns)
    {
        foreach (var resource in Children)
        {
            await Eventually.HoldsAsync(
                async () => (await ns.Api.ListAsync(ns.Path(resource) + "?labelSelector=training.mhc.dev/job", Cancel)).Count == 0,
                $"all {resource} are gone", Cancel);
        }
    }
}
