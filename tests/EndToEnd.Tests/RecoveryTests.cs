using EndToEnd.Tests.Cluster;

namespace EndToEnd.Tests;

/// <summary>Real pods that end, and the whole gang that follows them.</summary>
public sealed class RecoveryTests(RealCluster cluster)
{
    [Fact]
    public async Task A_killed_pod_restarts_the_whole_gang_once_from_the_latest_checkpoint()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Yaml("killed", steps: 3000));
        await space.JobAsync("killed", "a checkpoint", view => view.LatestCheckpoint >= 20);

        await space.Kubectl.RunAsync(["delete", "pod", "killed-1-1", "--namespace", space.Name, "--grace-period=0", "--force"]);
        var again = await space.JobAsync("killed", "the second attempt to go on",
            view => view.Attempt == 2 && view.Step > 20 && view.IsTrue("Running"));

        Assert.Equal(1, again.Restarts);
        Assert.Empty(again.Rollbacks);
        // A pod of the first attempt may still be on its way out.
        var pods = await Eventually.SeesAsync("the second gang alone", () => space.PodsAsync("killed"), seen => seen.Count == 2);
        Assert.Equal(["killed-2-0", "killed-2-1"], pods.Select(pod => pod.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(pods, pod => Assert.Equal("latest", pod.EnvironmentOf("MHC_RESUME_STEP")));
        Assert.DoesNotContain("training begins at step 0", await space.LogAsync("killed-2-0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gang_whose_process_is_killed_trains_again_in_the_same_pods_time_after_time()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        // nothing but the kills restarts it
        await space.ApplyAsync(SmallJob.Yaml("stays", steps: 100000, "  stability: {response: Observe}"));
        await space.JobAsync("stays", "a checkpoint", view => view.LatestCheckpoint >= 20);
        var before = await space.PodsAsync("stays");

        for (var restarts = 1; restarts <= 2; restarts++)
        {
            // all but the first process
            await space.Kubectl.RunAsync(["exec", $"stays-1-{restarts % 2}", "--namespace", space.Name, "--", "sh", "-c", "kill -9 -1"]);
            var again = await space.JobAsync("stays", "training to come further than before",
                view => view.Restarts == restarts && view.Step > view.RestartedInPlaceAtStep && view.IsTrue("Running"));
            Assert.True((restarts + 1, restarts) == (again.Attempt, again.RestartsInPlace), $"{again}\n{await space.EventsAsync("stays")}");
        }

        Assert.Equal(before.Select(pod => (pod.Uid, 0)).Order(),
            (await space.PodsAsync("stays")).Select(pod => (pod.Uid, pod.ContainerRestarts)).Order());
        var log = await space.LogAsync("stays-1-0");
        Assert.Contains("attempt 3 begins in this container", log, StringComparison.Ordinal);
        Assert.Contains("rank 0 of 2, attempt 3 of job ", log, StringComparison.Ordinal);
        Assert.Equal(1, log.Split("training begins at step 0").Length - 1);
    }

    [Fact]
    public async Task Deleting_a_job_removes_what_it_made()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Yaml("deleted", steps: 100000));
        await space.JobAsync("deleted", "the gang to run", view => view.IsTrue("Running"));

        await space.Kubectl.RunAsync(["delete", "mhcjob", "deleted", "--namespace", space.Name]);

        await Eventually.SeesAsync(
            "the job's pods, Service and ConfigMap to go",
            () => space.Kubectl.ListAsync("pods,services,configmaps", "--namespace", space.Name, "--selector",
                "training.mhc.dev/job=deleted"),
            left => left.Count == 0);
    }
}
