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
        var left = Assert.Single(await ns.PodsAsync());
        Assert.Equal(gang[3].Uid(), left.Uid());
        Assert.Contains(left.Name(), (string?)(await ns.JobAsync("job")).Condition("Restarting")!["message"], StringComparison.Ordinal);

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
                await ns.ChangeNodeAsync(node, new JsonObject { ["taints"] = new JsonArray(new JsonObject { ["key"] = "node.kubernetes.io/out-of-service", ["effect"] = "NoExecute", ["value"] = "nodeshutdown" }) });
                break;
        }

        await Eventually.HoldsAsync(async () => (await ns.GangAsync(2)).Count == 4, "the new gang is there", Cancel);
        Assert.Null(await ns.Api.FindAsync(ns.Path("pods", left.Name()), Cancel));
        Assert.Equal(1, (int?)(await ns.JobAsync("job"))["status"]!["restarts"]);
    }
}
