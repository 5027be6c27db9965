using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>A pod that does not end keeps the next gang from starting, for it may still write; unless its node cannot run it.</summary>
public sealed class TerminationTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("the pod ends after all")]
    [InlineData("its node is dead and tainted")]
    [InlineData("its node is gone")]
    public async Task New_pods_wait_for_the_last_old_one_until(string way)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var running = await ns.RunOperatorAsync();
        var node = await ns.MakeNodeAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").Replicas(4).With("runPolicy", "terminationTimeoutSeconds", 1));
        var gang = await ns.GangExistsAsync(1, 4);
        await ns.PlaceAsync(gang[3], node); // the others have none, so they go at once
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.EndPodAsync(gang[0], 1);
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "TerminationTimeout");
        // Where the server is slow, the others have not gone in time either, and one of them is named until they have.
        await Eventually.HoldsAsync(
            async () => ((string?)(await ns.JobAsync("job")).Condition("Restarting")?["message"] ?? "")
                .Contains(gang[3].Name(), StringComparison.Ordinal),
            "the pod that is waited for is named", Cancel);
        var left = Assert.Single(await ns.PodsAsync());
        Assert.Equal(gang[3].Uid(), left.Uid());

        switch (way)
        {
            case "the pod ends after all":
                await ns.ForgetAsync(left);
                break;
            case "its node is gone":
                await ns.Api.DeleteAsync($"api/v1/nodes/{node}", Cancel);
                break;
            default:
                // Not to be heard of is not enough: the pod may run on behind a broken network.
                await ns.SetReadyAsync(node, "Unknown", DateTime.UtcNow.AddMinutes(-1));
                await ns.OperatorHasGoneOnAsync();
                Assert.NotNull(await ns.Api.FindAsync(ns.Path("pods", left.Name()), Cancel));
                await ns.ChangeNodeAsync(node,
                    new JsonObject
                    {
                        ["taints"] = new JsonArray(
                        new JsonObject
                        {
                            ["key"] = "node.kubernetes.io/out-of-service",
                            ["effect"] = "NoExecute",
                            ["value"] = "nodeshutdown"
                        })
                    });
                break;
        }

        await Eventually.HoldsAsync(async () => (await ns.GangAsync(2)).Count == 4, "the new gang is there", Cancel);
        await IsGoneAsync(ns, left);
        Assert.Equal(1, (int?)(await ns.JobAsync("job"))["status"]!["restarts"]);
    }

    [Fact]
    public async Task A_pod_on_a_node_that_is_not_heard_of_goes_by_force_when_the_new_gang_says_that_it_has_the_folder_and_not_before()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var trainer = new PlayedTrainer { Attempt = 2, Step = 0 };
        using var running = await ns.RunOperatorAsync();
        var node = await ns.MakeNodeAsync();
        await ns.CreateJobAsync(JobBuilder.Make("job").With("runPolicy", "terminationTimeoutSeconds", 1));
        var gang = await ns.GangExistsAsync(1, 2);
        await ns.PlaceAsync(gang[0], node);
        await ns.RunGangAsync(gang);
        await ns.ConditionHoldsAsync("job", "Running", "True");
        await ns.SetReadyAsync(node, "Unknown", DateTime.UtcNow.AddMinutes(-1));
        await ns.EndPodAsync(gang[1], 1);

        await Eventually.HoldsAsync(async () => (await ns.GangAsync(2)).Count == 2, "the new gang is there", Cancel);
        var next = await ns.GangAsync(2);
        Assert.All(next, pod => Assert.Equal(("true", "job-2-0.job"), (pod.Variable("MHC_TAKE_OVER"), pod.Variable("MASTER_ADDR"))));
        var left = (await ns.Api.FindAsync(ns.Path("pods", gang[0].Name()), Cancel))!;
        Assert.DoesNotContain((string)left["spec"]!["hostname"]!, next.Select(pod => (string)pod["spec"]!["hostname"]!));
        await ns.RunPodAsync(next[0], trainer.Address);
        await ns.RunPodAsync(next[1]);
        trainer.Step = 3;
        await ns.JobHoldsAsync("job", job => (int?)job["status"]?["progress"]?["step"] == 3, "rank 0 has been asked");
        Assert.NotNull(await ns.Api.FindAsync(ns.Path("pods", left.Name()), Cancel));
        await ns.ConditionHoldsAsync("job", "Restarting", "True", "TerminationTimeout");

        trainer.OwnsFolder = true;
        await IsGoneAsync(ns, left);
        await ns.ConditionHoldsAsync("job", "Restarting", "False", "GangRunning");
        Assert.Contains(await ns.EventsAsync("job"),
            e => (string?)e["reason"] == "DeletedByForce"
                && ((string?)e["message"])!.Contains("attempt 2 has the folder", StringComparison.Ordinal));
        Assert.Equal(1, (int?)(await ns.JobAsync("job"))["status"]!["restarts"]);
        Assert.Equal(2, (await ns.PodsAsync()).Count);
    }

    private static Task IsGoneAsync(TestNamespace ns, JsonObject pod) =>
        Eventually.HoldsAsync(async () => await ns.Api.FindAsync(ns.Path("pods", pod.Name()), Cancel) is null, $"pod {pod.Name()} is gone",
            Cancel);
}
