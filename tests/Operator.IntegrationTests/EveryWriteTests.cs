using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// A job's life in which the operator is killed after each of its writes; every next one knows only what the cluster says.
/// </summary>
public sealed class EveryWriteTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_after_every_write_the_operators_lead_the_job_to_the_same_end_without_a_pod_too_few_or_too_many()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        var lives = await LiveUntilAsync(ns, async () => (await ns.GangAsync(1)).Count == 2);
        var first = await ns.GangExistsAsync(1, 2);
        await ns.RunGangAsync(first);
        lives += await LiveUntilAsync(ns, async () => IsTrue(await ns.JobAsync("job"), "Running"));
        await ns.EndPodAsync(first[1], 1);
        lives += await LiveUntilAsync(ns, async () => (await ns.GangAsync(2)).Count == 2);
        var second = await ns.GangExistsAsync(2, 2);
        await ns.RunGangAsync(second);
        lives += await LiveUntilAsync(ns, async () => IsTrue(await ns.JobAsync("job"), "Running"));
        await ns.EndGangAsync(second, 0);
        lives += await LiveUntilAsync(ns, async () => IsTrue(await ns.JobAsync("job"), "Succeeded"));

        var status = (await ns.JobAsync("job"))["status"]!;
        Assert.Equal((2, 1, "Succeeded"), ((int?)status["attempt"], (int?)status["restarts"], (string?)status["phase"]));
        var creations = shared.Server.Audit.OfOperators()
            .Where(e => e.Namespace == ns.Name && e is { Verb: "create", Resource: "pods", Code: 201 }).Select(e => e.Name).ToList();
        Assert.Equal(["job-1-0", "job-1-1", "job-2-0", "job-2-1"], creations.Order(StringComparer.Ordinal));
        Assert.InRange(lives, 12, 60);
    }

    [Fact]
    public async Task Killed_after_every_write_the_operators_lead_a_restart_in_place_to_the_same_end_with_one_order_for_each_pod()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var gang = new SupervisedGang(ns);
        await ns.CreateJobAsync(JobBuilder.Make("job"));
        await LiveUntilAsync(ns, async () => (await ns.GangAsync(1)).Count == 2);
        await gang.RunAsync();
        await LiveUntilAsync(ns, async () => IsTrue(await ns.JobAsync("job"), "Running"));
        await gang.EndAllAsync(75);
        var lives = await LiveUntilAsync(ns, () => gang.AreOrderedAsync(2));
        await gang.BeginAllAsync(2);
        lives += await LiveUntilAsync(ns, async () => IsTrue(await ns.JobAsync("job"), "Running"));
        await ns.EndGangAsync(gang.Pods, 0);
        await LiveUntilAsync(ns, async () => IsTrue(await ns.JobAsync("job"), "Succeeded"));

        var status = (await ns.JobAsync("job"))["status"]!;
        Assert.Equal((2, 1, 1, "Succeeded"),
            ((int?)status["attempt"], (int?)status["restarts"], (int?)status["inPlace"]!["restarts"], (string?)status["phase"]));
        var writes = shared.Server.Audit.OfOperators()
            .Where(e => e.Namespace == ns.Name && e is { Resource: "pods", Code: < 300, Verb: "create" or "patch" or "delete" })
            .Select(e => $"{e.Verb} {e.Name}");
        Assert.Equal(["create job-1-0", "create job-1-1", "patch job-1-0", "patch job-1-1"], writes.Order(StringComparer.Ordinal));
        Assert.InRange(lives, 4, 30);
    }

    /// <summary>
    /// Starts operators one after the other, each of which may write once, and neither hears of it nor reaches the server again: as if it
    /// were killed.
    /// </summary>
    /// <returns>How many were killed so.</returns>
    private async Task<int> LiveUntilAsync(TestNamespace ns, Func<Task<bool>> isDone)
    {
        for (var lives = 0; ; lives++)
        {
            if (await isDone())
            {
                return lives;
            }

            Assert.True(lives < 30, "the operators come no further");
            using var gate = new WriteGate(shared.Server.Port, writes: 1);
            using var running = ns.StartOperator(shared.Server.Kubeconfig(address: gate.Address), "--no-leader-election");
            await Eventually.HoldsAsync(() => gate.IsShut, () => $"it writes something; it says: {running.Log}", Cancel);
        }
    }

    private static bool IsTrue(JsonObject job, string condition) => (string?)job.Condition(condition)?["status"] == "True";
}
