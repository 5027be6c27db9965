using EndToEnd.Tests.Cluster;

namespace EndToEnd.Tests;

/// <summary>What the README promises: apply the example, watch it, and see it go unstable, roll back and succeed.</summary>
public sealed class QuickstartTests(RealCluster cluster)
{
    [Fact]
    public async Task The_example_goes_unstable_rolls_back_and_succeeds_in_pods_that_find_each_other()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(await File.ReadAllTextAsync(Repository.PathOf("examples/quickstart.yaml"), TestContext.Current.CancellationToken));

        await space.JobAsync("quickstart", "the gang to do its first steps", job => job.Attempt == 1 && job.Step > 0);
        var pods = await space.PodsAsync("quickstart");
        Assert.Equal(["quickstart-1-0 Running", "quickstart-1-1 Running"], pods.Select(pod => $"{pod.Name} {pod.Phase}").Order(StringComparer.Ordinal), StringComparer.Ordinal);

        var done = await space.JobAsync("quickstart", "the job to end", job => job.HasSucceeded);

        Assert.Equal(240, done.Step);
        var rollback = Assert.Single(done.Rollbacks);
        Assert.Equal(1, (int)rollback["attempt"]!);
        Assert.InRange((int)rollback["detectedStep"]!, 120, 160);
        Assert.InRange((int)rollback["restoredStep"]!, 20, 120);
        Assert.Equal(2, done.Attempt);
        Assert.Equal(0, done.Restarts);
        await AssertColumnsAsync(space);
        var reasons = await space.EventReasonsAsync("quickstart");
        Assert.Contains("RolledBack", reasons, StringComparer.Ordinal);
        Assert.Contains("Succeeded", reasons, StringComparer.Ordinal);
    }

    private static async Task AssertColumnsAsync(TestNamespace space)
    {
        var lines = (await space.Kubectl.RunAsync(["get", "mhcjob", "quickstart", "--namespace", space.Name])).Split('\n');
        var titles = lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var cells = lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string Cell(string title) => cells[Array.IndexOf(titles, title)];
        Assert.Equal("Succeeded", Cell("PHASE"));
        Assert.Equal("240", Cell("STEP"));
        Assert.InRange(double.Parse(Cell("LOSS"), System.Globalization.CultureInfo.InvariantCulture), 0.1, 5);
        Assert.Equal("2", Cell("ATTEMPT"));
        Assert.Equal("1", Cell("ROLLBACKS"));
        Assert.Contains("AGE", titles, StringComparer.Ordinal);
    }
}
