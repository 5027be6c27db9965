using EndToEnd.Tests.Cluster;

namespace EndToEnd.Tests;

/// <summary>A gang that stands still while all its processes live.</summary>
public sealed class HangTests(RealCluster cluster)
{
    [Fact]
    public async Task A_gang_that_hangs_says_where_it_stands_and_the_next_one_goes_on()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        var job = SmallJob.Yaml("hung", steps: 100000, "  drills: [{kind: Hang, step: 30, rank: 1}]");
        await space.ApplyAsync(job.Replace("cleanPods: None", "cleanPods: None, progressDeadlineSeconds: 45", StringComparison.Ordinal));

        var again = await space.JobAsync("hung", "the second attempt to pass the step at which the first hung",
            view => view.Attempt >= 2 && view.Step > 30);

        Assert.Equal(1, again.Restarts);
        var said = await space.Kubectl.RunAsync(
            ["exec", "hung-2-0", "--namespace", space.Name, "--", "sh", "-c",
                "cat $MHC_CHECKPOINT_DIR/diagnostics/attempt-00001-rank-00001.txt"]);
        Assert.Contains("SIGQUIT: where rank 1 of 2, attempt 1 of job ", said, StringComparison.Ordinal);
        Assert.Contains("training: step 30, before the forward pass for ", said, StringComparison.Ordinal);
    }
}
