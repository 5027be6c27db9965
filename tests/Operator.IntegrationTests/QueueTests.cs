using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// Jobs that something else admits: Kueue by its plain pod groups, or any framework by <c>spec.suspend</c>. The tests play its part.
/// </summary>
public sealed class QueueTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gang_enters_the_queue_as_one_group_waits_without_a_timeout_and_is_preempted_without_a_restart()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").MaxRestarts(0).Queue("team-a").Gang("None", timeoutSeconds: 10));
        var gang = await ns.GangExistsAsync(1, 2);
        Assert.All(gang, pod => AssertInGroup(pod, "job-1"));

        // The queue holds it back for longer than a half-placed gang may take.
        foreach (var pod in gang)
        {
            await ns.CannotPlaceAsync(pod, "SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates");
        }

        await Eventually.HoldsAsync(
            async () => (await ns.JobAsync("job")).Condition("GangScheduled") is { } told && (string?)told["reason"] == "AwaitingAdmission"
                && ((string)told["message"]!).Contains("2 of 2 pods wait for queue team-a", StringComparison.Ordinal),
            "the job says that all of its pods wait for the queue", Cancel);
        var created = DateTimeOffset.Parse((string)gang[0]["metadata"]!["creationTimestamp"]!,
            System.Globalization.CultureInfo.InvariantCulture);
        await Eventually.HoldsAsync(() => DateTimeOffset.UtcNow > created + TimeSpan.FromSeconds(11), "the timeout would be over", Cancel);
        await ns.CreateJobAsync(JobBuilder.Make("marker").Replicas(1));
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Count == 3, "the operator has gone on", Cancel);
        Assert.Equal(1, (int?)(await ns.JobAsync("job"))["status"]!["attempt"]);

        // Admitted, then preempted: Kueue marks the pods and deletes them; the next gang queues again, as a group of its own.
        await ns.PlaceAsync(gang[0], "node-1");
        await ns.PlaceAsync(gang[1], "node-2");
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        foreach (var pod in gang)
        {
            await ns.SetConditionAsync(pod, "TerminationTarget", "True", "WorkloadEvictedDueToPreempted",
                "Preempted to accommodate a higher priority Workload");
            await ns.Api.DeleteAsync(ns.Path("pods", pod.Name()), Cancel);
        }

        await ns.ConditionHoldsAsync("job", "Restarting", "True", "WorkerDisrupted");
        await Task.WhenAll(gang.Select(pod => ns.ForgetAsync(pod)));
        await Eventually.HoldsAsync(async () => (await ns.GangAsync(2)).Count == 2, "the next gang is there", Cancel);
        Assert.All(await ns.GangAsync(2), pod => AssertInGroup(pod, "job-2"));
        Assert.Equal(0, (int?)(await ns.JobAsync("job"))["status"]!["restarts"]);
    }

    [Fact]
    public async Task A_framework_that_admits_by_suspend_may_set_where_and_how_large_the_gang_is_each_time()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Suspended());
        await ns.ConditionHoldsAsync("job", "Suspended", "True");
        Assert.Empty(await ns.PodsAsync());
        Assert.Null((await ns.JobAsync("job"))["status"]!["startedAt"]);

        await AdmitAsync(ns, "pool-a", replicas: 2);
        var first = await ns.GangExistsAsync(1, 2);
        Assert.All(first, pod => Assert.Equal("pool-a", (string?)pod["spec"]!["nodeSelector"]!["pool"]));
        await ns.RunGangAsync(first);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        Assert.NotNull((await ns.JobAsync("job"))["status"]!["startedAt"]);

        await ChangeAsync(ns, new JsonObject { ["suspend"] = true });
        await ns.ConditionHoldsAsync("job", "Suspended", "True");
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Count == 0, "all pods are gone", Cancel);
        Assert.Null((await ns.JobAsync("job"))["status"]!["startedAt"]);

        await AdmitAsync(ns, "pool-b", replicas: 3);
        var second = await ns.GangExistsAsync(2, 3);
        Assert.All(second, pod => Assert.Equal(
            ("pool-b", "3", "latest"),
            ((string?)pod["spec"]!["nodeSelector"]!["pool"], pod.Variable("WORLD_SIZE"), pod.Variable("MHC_RESUME_STEP"))));
        Assert.Equal(0, (int?)(await ns.JobAsync("job"))["status"]!["restarts"]);
    }

    private static void AssertInGroup(JsonObject pod, string group)
    {
        var (labels, annotations) = (pod["metadata"]!["labels"]!, pod["metadata"]!["annotations"]!);
        Assert.Equal(("team-a", group), ((string?)labels["kueue.x-k8s.io/queue-name"], (string?)labels["kueue.x-k8s.io/pod-group-name"]));
        Assert.Equal(("2", "false"),
            ((string?)annotations["kueue.x-k8s.io/pod-group-total-count"], (string?)annotations["kueue.x-k8s.io/retriable-in-group"]));
    }

    /// <summary>As an admission does: where the pods go, how many there are, and then off, in one change.</summary>
    private static Task<JsonObject> AdmitAsync(TestNamespace ns, string pool, int replicas) => ChangeAsync(ns, new JsonObject
    {
        ["suspend"] = false,
        ["workers"] = new JsonObject
        {
            ["replicas"] = replicas,
            ["template"] = new JsonObject { ["spec"] = new JsonObject { ["nodeSelector"] = new JsonObject { ["pool"] = pool } } },
        },
    });

    private static Task<JsonObject> ChangeAsync(TestNamespace ns, JsonObject spec) =>
        ns.Api.MergeAsync(ns.Path("mhctrainingjobs", "job"), new JsonObject { ["spec"] = spec }, Cancel);
}
