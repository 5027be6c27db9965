using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>What a worker's end costs, and what costs nothing.</summary>
public sealed class FailureTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_restarts_a_failed_worker_fails_the_job_whose_other_pods_go_while_its_own_stays_for_its_log()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(3).MaxRestarts(0));
        var gang = await ns.GangExistsAsync(1, 3);
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.EndPodAsync(gang[1], 1, "segmentation fault");
        await ns.ConditionHoldsAsync("job", "Failed", "True", "WorkerFailed");
        await Eventually.HoldsAsync(async () => (await ns.PodsAsync()).Select(p => p.Uid()).SequenceEqual([gang[1].Uid()]),
            "the failed pod alone is left", Cancel);
    }

    [Fact]
    public async Task With_one_restart_a_second_failure_ends_the_job_after_one_whole_new_gang()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").MaxRestarts(1));
        var first = await ns.GangExistsAsync(1, 2);
        await ns.RunGangAsync(first);
        await ns.EndPodAsync(first[0], 1);
        var second = await ns.GangExistsAsync(2, 2);
        Assert.Empty(second.Select(p => p.Uid()).Intersect(first.Select(p => p.Uid())));
        await ns.RunGangAsync(second);
        await ns.EndPodAsync(second[1], 137);
        await ns.ConditionHoldsAsync("job", "Failed", "True", "MaxRestartsExceeded");
        Assert.Equal((2, 1), Counts(await ns.JobAsync("job")));
    }

    [Fact]
    public async Task A_gang_that_makes_no_progress_is_hung_and_restarted()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var trainer = new PlayedTrainer { Step = 7 };
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1).With("runPolicy", "progressDeadlineSeconds", 2));
        var gang = await ns.GangExistsAsync(1, 1);
        await ns.RunPodAsync(gang[0], trainer.Address);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "Hung");
        Assert.Contains("no step after step 7", (string?)(await ns.JobAsync("job")).Condition("Restarting")!["message"],
            StringComparison.Ordinal);
        await ns.GangExistsAsync(2, 1);
        Assert.Equal((2, 1), Counts(await ns.JobAsync("job")));
    }

    [Fact]
    public async Task Progress_gives_restarts_back()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var trainer = new PlayedTrainer();
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(1).MaxRestarts(1).With("runPolicy", "refillAfterSteps", 10)
            .With("optimization", "steps", 1000));
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var gang = await ns.GangExistsAsync(attempt, 1);
            (trainer.Attempt, trainer.Step) = (attempt, attempt * 20);
            await ns.RunPodAsync(gang[0], trainer.Address);
            await ns.JobHoldsAsync("job", job => (int?)job["status"]?["progress"]?["step"] == attempt * 20, "its progress is seen");
            await ns.EndPodAsync(gang[0], 1);
        }

        await ns.GangExistsAsync(4, 1);
        var status = (await ns.JobAsync("job"))["status"]!;
        Assert.Equal((3, 1), ((int?)status["restarts"], (int?)status["restartsUsed"]));
    }

    [Fact]
    public async Task An_image_that_cannot_be_had_is_named_costs_no_restart_and_keeps_no_node_for_longer_than_the_timeout()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").MaxRestarts(0).Gang("None", timeoutSeconds: 10));
        var gang = await ns.GangExistsAsync(1, 2);
        await ns.PlaceAsync(gang[0], "node-1");
        await ns.PlaceAsync(gang[1], "node-2");
        await ns.CannotStartAsync(gang[1], "ImagePullBackOff", "Back-off pulling image \"i\"");
        await ns.ConditionHoldsAsync("job", "Running", "False", "ImagePullBackOff");
        Assert.Contains(gang[1].Name(), (string?)(await ns.JobAsync("job")).Condition("Running")!["message"], StringComparison.Ordinal);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "SchedulingTimeout");
        await Task.WhenAll(gang.Select(pod => ns.ForgetAsync(pod)));
        await ns.GangExistsAsync(2, 2);
        Assert.Equal((2, 0), Counts(await ns.JobAsync("job")));
    }

    [Fact]
    public async Task A_pod_that_no_node_can_take_is_named_with_the_schedulers_words()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        var gang = await ns.GangExistsAsync(1, 2);
        await ns.CannotPlaceAsync(gang[1], "Unschedulable", "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.");
        await ns.ConditionHoldsAsync("job", "GangScheduled", "False", "Unschedulable");
        Assert.Equal($"pod {gang[1].Name()}: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
            (string?)(await ns.JobAsync("job")).Condition("GangScheduled")!["message"]);
        Assert.Equal((1, 0), Counts(await ns.JobAsync("job")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_pod_that_is_evicted_from_a_drained_node_counts_for_nothing(bool serverSaysSo)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        var node = await ns.MakeNodeAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").MaxRestarts(0));
        var gang = await ns.GangExistsAsync(1, 2);
        await ns.PlaceAsync(gang[0], node);
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        if (serverSaysSo)
        {
            await ns.SetConditionAsync(gang[0], "DisruptionTarget", "True", "EvictionByEvictionAPI"); // from 1.26 on
        }
        else
        {
            await ns.ChangeNodeAsync(node, new JsonObject { ["unschedulable"] = true });
        }

        await ns.EvictAsync(gang[0]);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "WorkerDisrupted");
        await ns.ForgetAsync(gang[0]);
        await ns.GangExistsAsync(2, 2);
        Assert.Equal((2, 0), Counts(await ns.JobAsync("job")));
    }

    private static (int?, int?) Counts(JsonObject job) => ((int?)job["status"]!["attempt"], (int?)job["status"]!["restarts"]);
}
