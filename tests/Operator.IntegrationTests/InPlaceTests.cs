using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>Processes that fail while their pods stand.</summary>
public sealed class InPlaceTests(SharedServer shared)
{
    private const string Verdict =
        """{"reason":"LossSpike","message":"loss 9.1","detectedStep":64,"onsetStep":60,"badData":[58,64],"restoreStep":40,"evidence":{"z":12}}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gang_of_which_a_process_has_died_goes_on_in_its_pods_once_all_processes_have_ended()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        using var gang = await SupervisedGang.TrainAsync(ns, JobBuilder.Make("job").Backoff(60));

        await gang.EndAsync(1, 137);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "WorkerFailed");
        await ns.OperatorHasGoneOnAsync();
        Assert.All(await gang.OrdersAsync(), Assert.Null);
        await gang.EndAsync(0, 75);
        await gang.OrderedAsync(2);
        await ns.OperatorHasGoneOnAsync();
        Assert.Equal("True", (string?)(await ns.JobAsync("job")).Condition("Restarting")!["status"]);
        await gang.BeginAllAsync(2);
        await ns.ConditionHoldsAsync("job", "Running", "True");

        var status = (await ns.JobAsync("job"))["status"]!;
        Assert.Equal((2, 1, 1, 1),
            ((int?)status["attempt"], (int?)status["restarts"], (int?)status["inPlace"]!["restarts"],
                (int?)status["inPlace"]!["podsAttempt"]));
        Assert.Null(status["inPlace"]!["pending"]);
        Assert.Equal(gang.Pods.Select(pod => pod.Uid()),
            (await ns.GangAsync(1)).Where(pod => pod.Name().StartsWith("job-", StringComparison.Ordinal)).Select(pod => pod.Uid()));
        Assert.All(await gang.OrdersAsync(), order => Assert.Equal("latest", order!.Environment["MHC_RESUME_STEP"]));
        await Eventually.HoldsAsync(
            async () => (await ns.EventsAsync("job")).Any(
                e => (string?)e["reason"] == "Restarting"
                    && ((string?)e["message"])!.Contains("starts again in place", StringComparison.Ordinal)), "the event says so", Cancel);
    }

    [Fact]
    public async Task A_gang_that_is_unstable_goes_back_in_its_pods()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        using var gang = await SupervisedGang.TrainAsync(ns, JobBuilder.Make("job"));

        await gang.EndAllAsync(86, Verdict);
        await gang.OrderedAsync(2);

        Assert.All(await gang.OrdersAsync(),
            order => Assert.Equal(("40", "58-64", "1"),
                (order!.Environment["MHC_RESUME_STEP"], order.Environment["MHC_SKIP_WINDOWS"],
                    order.Environment["MHC_LEARNING_RATE_FACTOR"])));
        await gang.BeginAllAsync(2);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        var status = (await ns.JobAsync("job"))["status"]!;
        Assert.Equal((2, 0, "RestartInPlace"),
            ((int?)status["attempt"], (int?)status["restarts"], (string?)status["rollbacks"]![0]!["tier"]));

        // The same again, and no further than before: that is worth new pods.
        await gang.EndAllAsync(86, Verdict);
        await ns.JobHoldsAsync("job", job => (int?)job["status"]!["attempt"] == 3, "attempt 3 is decided");
        var third = await ns.GangExistsAsync(3, 2);
        Assert.All(third, pod => Assert.Equal("3", pod.Variable("MHC_ATTEMPT")));
        Assert.Equal("RecreateGang", (string?)(await ns.JobAsync("job"))["status"]!["rollbacks"]![1]!["tier"]);
    }

    // The kubelet reads its pods and its volumes at different times: seen on a busy node, the file of both pods kept the order before.
    [Fact]
    public async Task An_order_that_a_kubelet_has_missed_is_given_again_until_the_pod_follows_it()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        using var gang = await SupervisedGang.TrainAsync(ns, JobBuilder.Make("job"));

        await gang.EndAllAsync(75);
        await gang.OrderedAsync(2);
        var first = await gang.OrdersAsync();
        await Eventually.HoldsAsync(async () => (await gang.OrderCountsAsync()).All(count => count >= 1), "both pods are ordered again",
            Cancel);

        Assert.Equal(first.Select(o => o!.Environment), (await gang.OrdersAsync()).Select(o => o!.Environment));
        await gang.BeginAllAsync(2);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        Assert.Equal(2, (int?)(await ns.JobAsync("job"))["status"]!["attempt"]);
    }

    public static TheoryData<string> Troubles =>
        ["its node is cordoned", "its node is not ready", "it is evicted meanwhile", "it fails meanwhile"];

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task New_pods_are_made_where_one_cannot_stay_and_the_restart_is_counted_once(string trouble)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        using var gang = new SupervisedGang(ns);
        var node = await ns.MakeNodeAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await ns.PlaceAsync((await ns.GangExistsAsync(1, 2))[1], node);
        await gang.RunAsync();
        await ns.ConditionHoldsAsync("job", "Running", "True");
        var attempt = 2;
        switch (trouble)
        {
            case "its node is cordoned":
                await ns.ChangeNodeAsync(node, new JsonObject { ["unschedulable"] = true });
                await gang.EndAllAsync(75);
                break;
            case "its node is not ready":
                await ns.SetReadyAsync(node, "Unknown", DateTime.UtcNow);
                await gang.EndAllAsync(75);
                break;
            default:
                await gang.EndAsync(0, 137);
                await ns.ConditionHoldsAsync("job", "Restarting", "True", "WorkerFailed");
                await (trouble == "it fails meanwhile" ? ns.EndPodAsync(gang.Pods[1], 1) : ns.EvictAsync(gang.Pods[1]));
                await ns.ConditionHoldsAsync("job", "Restarting", "True", "InPlaceFailed");
                attempt = 3;
                break;
        }

        await ns.JobHoldsAsync("job", job => (int?)job["status"]!["attempt"] == attempt, $"attempt {attempt} is decided");
        await ns.Api.CollectAsync(ns.Path("pods", gang.Pods[1].Name()), Cancel); // it may be gone already

        await ns.RunGangAsync(await ns.GangExistsAsync(attempt, 2));
        await ns.ConditionHoldsAsync("job", "Running", "True");
        Assert.Equal(1, (int?)(await ns.JobAsync("job"))["status"]!["restarts"]);
        Assert.Null((await ns.JobAsync("job"))["status"]!["inPlace"]?["podsAttempt"]);
    }

    [Fact]
    public async Task A_program_of_ones_own_is_made_anew_unless_the_job_says_that_it_can_stay()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("own").With("trainer", "image", "mine:1"));
        await ns.CreateJobAsync(JobBuilder.Make("able").With("trainer", "image", "mine:1").With("runPolicy", "restartStrategy", "InPlace"));
        IReadOnlyList<JsonObject> pods = [];
        await Eventually.HoldsAsync(async () => (pods = await ns.PodsAsync()).Count == 4, "both gangs are there", Cancel);

        Assert.All(
            pods, pod => Assert.Equal(pod.Name().StartsWith("able", StringComparison.Ordinal),
                pod["spec"]!["containers"]![0]!["readinessProbe"] is not null));
    }
}
