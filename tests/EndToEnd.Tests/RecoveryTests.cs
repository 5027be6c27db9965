using EndToEnd.Tests.Cluster;

namespace EndToEnd.Tests;

/// <summary>Real pods that end, and the whole gang that follows them.</summary>
public sealed class RecoveryTests(RealCluster cluster)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(180);

    [Fact]
    public async Task A_killed_pod_restarts_the_whole_gang_once_from_the_latest_checkpoint()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Yaml("killed", steps: 3000));
        await space.JobAsync("killed", "a checkpoint", Limit, view => view.LatestCheckpoint >= 20);

        await space.Kubectl.RunAsync(["delete", "pod", "killed-1-1", "--namespace", space.Name, "--grace-period=0", "--force"]);
        var again = await space.JobAsync("killed", "the second attempt to go on", Limit, view => view.HasFailed || (view.Attempt == 2 && view.Step > 20 && view.IsTrue("Running")));

        Assert.False(again.HasFailed, again.ToString());
        Assert.Equal(1, again.Restarts);
        Assert.Empty(again.Rollbacks);
        // A pod of the first attempt may still be on its way out.
        var pods = await Eventually.SeesAsync("the second gang alone", Limit, () => space.PodsAsync("killed"), seen => seen.Count == 2);
        Assert.Equal(["killed-2-0", "killed-2-1"], pods.Select(pod => pod.Name).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(pods, pod => Assert.Equal("latest", pod.EnvironmentOf("MHC_RESUME_STEP")));
        Assert.DoesNotContain("training begins at step 0", await space.LogAsync("killed-2-0"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deleting_a_job_removes_what_it_made()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Yaml("deleted", steps: 100000));
        await space.JobAsync("deleted", "the gang to run", Limit, view => view.IsTrue("Running"));

        await space.Kubectl.RunAsync(["delete", "mhcjob", "deleted", "--namespace", space.Name]);

        await Eventually.SeesAsync(
            "the job's pods, Service and ConfigMap to go",
            Limit,
            () => space.Kubectl.ListAsync("pods,services,configmaps", "--namespace", space.Name, "--selector", "training.mhc.dev/job=deleted"),
            left => left.Count == 0);
    }
}
