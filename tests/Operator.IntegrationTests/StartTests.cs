using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>Gangs that have nodes and do not run.</summary>
public sealed class StartTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_only_the_kubelets_events_say_is_named_and_the_nodes_are_given_back_in_time_without_a_restart()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").MaxRestarts(0).Gang("None", timeoutSeconds: 10));
        var gang = await ns.GangExistsAsync(1, 2);
        await Task.WhenAll(gang.Select(pod => ns.PlaceAsync(pod, "node-1")));
        await ns.RunPodAsync(gang[0]);
        await ns.CannotStartAsync(gang[1], "ContainerCreating", "");
        await WarnAsync(ns, gang[1], "FailedScheduling", "0/1 nodes are available", longAgo: true);
        await WarnAsync(ns, gang[1], "FailedMount", "MountVolume.SetUp failed for volume \"data\" : configmap \"corpus\" not found");
        await ns.ConditionHoldsAsync("job", "Running", "False", "FailedMount");
        Assert.EndsWith(
            "container trainer waits (ContainerCreating); FailedMount: MountVolume.SetUp failed for volume \"data\" : configmap \"corpus\" not found",
            (string?)(await ns.JobAsync("job")).Condition("Running")!["message"], StringComparison.Ordinal);
        await Eventually.HoldsAsync(
            async () => (await ns.EventsAsync("job")).Any(e => ((string?)e["type"], (string?)e["reason"]) == ("Warning", "FailedMount")),
            "it is told as an event", Cancel);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "SchedulingTimeout");
        Assert.Contains("configmap \"corpus\" not found", (string?)(await ns.JobAsync("job")).Condition("Restarting")!["message"],
            StringComparison.Ordinal);
        await Task.WhenAll(gang.Select(pod => ns.ForgetAsync(pod)));
        await ns.GangExistsAsync(2, 2);
        Assert.Equal((2, 0), Counts(await ns.JobAsync("job")));
    }

    [Fact]
    public async Task An_init_container_that_does_not_end_is_named_and_the_node_is_given_back_in_time()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1).Gang("None", timeoutSeconds: 3));
        var gang = await ns.GangExistsAsync(1, 1);
        await ns.PlaceAsync(gang[0], "node-1");
        await ns.Api.MergeAsync(ns.Path("pods", gang[0].Name()) + "/status", new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["initContainerStatuses"] = new JsonArray(new JsonObject
                {
                    ["name"] = "fetch",
                    ["image"] = "i",
                    ["imageID"] = "i",
                    ["ready"] = false,
                    ["restartCount"] = 0,
                    ["state"] = new JsonObject { ["running"] = new JsonObject() },
                }),
            },
        }, Cancel);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "SchedulingTimeout");
        Assert.Contains(
            $"pod {gang[0].Name()} did not run within 3 seconds (scheduling.timeoutSeconds): init container fetch has not ended",
            (string?)(await ns.JobAsync("job")).Condition("Restarting")!["message"], StringComparison.Ordinal);
        await ns.ForgetAsync(gang[0]);
        await ns.GangExistsAsync(2, 1);
        Assert.Equal((2, 0), Counts(await ns.JobAsync("job")));
    }

    [Fact]
    public async Task A_gang_that_a_quota_refuses_a_pod_gives_the_nodes_of_the_others_back_in_time_and_runs_when_there_is_room()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.Api.CreateAsync(ns.Path("resourcequotas"),
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "two-pods" },
                ["spec"] = new JsonObject { ["hard"] = new JsonObject { ["pods"] = "2" } }
            }, Cancel);
        await CountAsync(ns, hard: 2);
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(3).Gang("None", timeoutSeconds: 3));
        await ns.ConditionHoldsAsync("job", "GangScheduled", "False", "NotAllowed");
        var half = await ns.GangAsync(1);
        Assert.Equal(2, half.Count);
        await Task.WhenAll(half.Select(pod => ns.PlaceAsync(pod, "node-1")));
        await Task.WhenAll(half.Select(pod => ns.RunPodAsync(pod)));
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "SchedulingTimeout");
        Assert.Contains("it was refused: ", (string?)(await ns.JobAsync("job")).Condition("Restarting")!["message"],
            StringComparison.Ordinal);
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).All(pod => pod["metadata"]!["deletionTimestamp"] is not null),
            "both nodes are given back", Cancel);
        await Task.WhenAll(half.Select(pod => ns.ForgetAsync(pod)));
        await CountAsync(ns, hard: 3);
        await ns.GangExistsAsync(2, 3);
        Assert.Equal((2, 0), Counts(await ns.JobAsync("job")));
    }

    /// <summary>What a kubelet records of a pod.</summary>
    private static Task<JsonObject> WarnAsync(TestNamespace ns, JsonObject pod, string reason, string message, bool longAgo = false)
    {
        var now = DateTime.UtcNow.AddSeconds(longAgo ? -60 : 1).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        return ns.Api.CreateAsync(ns.Path("events"), new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = $"{pod.Name()}.{reason}" },
            ["involvedObject"] = new JsonObject { ["kind"] = "Pod", ["namespace"] = ns.Name, ["name"] = pod.Name(), ["uid"] = pod.Uid() },
            ["type"] = "Warning",
            ["reason"] = reason,
            ["message"] = message,
            ["firstTimestamp"] = now,
            ["lastTimestamp"] = now,
            ["source"] = new JsonObject { ["component"] = "kubelet" },
        }, Cancel);
    }

    /// <summary>The part of the quota controller.</summary>
    private static async Task CountAsync(TestNamespace ns, int hard) =>
        await ns.Api.MergeAsync(ns.Path("resourcequotas", "two-pods") + "/status", new JsonObject
        {
            ["status"] = new JsonObject
            {
                ["hard"] = new JsonObject { ["pods"] = $"{hard}" },
                ["used"] = new JsonObject { ["pods"] = $"{(await ns.PodsAsync()).Count}" }
            },
        }, Cancel);

    private static (int?, int?) Counts(JsonObject job) => ((int?)job["status"]!["attempt"], (int?)job["status"]!["restarts"]);
}
