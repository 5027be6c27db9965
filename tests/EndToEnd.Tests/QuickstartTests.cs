using EndToEnd.Tests.Cluster;
using EndToEnd.Tests.Monitoring;

namespace EndToEnd.Tests;

/// <summary>
/// What the README promises, whole: Helm installs the operator (<see cref="RealCluster"/>), the example is applied and collapses, somebody
/// hears of it, the job rolls back and succeeds, the alert ends, its story can be read, and Helm uninstalls.
/// </summary>
[Collection(nameof(RealCluster.Alone))]
public sealed class QuickstartTests(RealCluster cluster)
{
    private const string Job = "quickstart";
    private const string Alert = "MhcTrainingCollapsed";

    [Fact]
    public async Task The_example_collapses_alarms_rolls_back_and_succeeds_in_pods_that_find_each_other()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        // so that the test sees the alert end
        await using var watch = await Watch.StartAsync(cluster, space, $"monitoring.rules.{Alert}.window=1m");
        await space.ApplyAsync(
            await File.ReadAllTextAsync(Repository.PathOf("examples/quickstart.yaml"), TestContext.Current.CancellationToken));

        await space.JobAsync(Job, "the gang to do its first steps", job => job.Attempt == 1 && job.Step > 0);
        var pods = await space.PodsAsync(Job);
        await watch.AddAsync(space, Job);
        Assert.Equal(["quickstart-1-0 Running", "quickstart-1-1 Running"],
            pods.Select(pod => $"{pod.Name} {pod.Phase}").Order(StringComparer.Ordinal), StringComparer.Ordinal);

        var (receiver, told) = await watch.Phone.HearsAsync(Alert, space.Name, "firing");
        Assert.Equal(("tickets", Job, "warning"), (receiver, (string?)told["labels"]!["mhcjob"], (string?)told["labels"]!["severity"]));
        Assert.EndsWith($"/{Alert}.md", (string?)told["annotations"]!["runbook_url"], StringComparison.Ordinal);

        AssertEnded(await space.JobAsync(Job, "the job to end", job => job.HasSucceeded));
        await AssertColumnsAsync(space);
        await watch.Phone.HearsAsync(Alert, space.Name, "resolved");
        Assert.Equal(2, await watch.ValueAsync("count(up{job=\"mhc-operator\"} == 1)"));
        Assert.InRange(await watch.ValueAsync($"max_over_time(mhc_train_step{{namespace=\"{space.Name}\", mhcjob=\"{Job}\"}}[10m])"),
            1, 240);

        var story = await cluster.Kubectl.RunAsync(["describe", "mhcjob", Job, "--namespace", space.Name]);
        Assert.All((string[])["RolledBack", "Succeeded"], chapter => Assert.Contains(chapter, story, StringComparison.Ordinal));

        await cluster.Helm.UninstallAsync();
        Assert.True((await space.JobAsync(Job, "the job to be there", _ => true)).HasSucceeded);
        await cluster.Helm.InstallAsync();
    }

    private static void AssertEnded(JobView done)
    {
        Assert.Equal(240, done.Step);
        var rollback = Assert.Single(done.Rollbacks);
        Assert.Equal(1, (int)rollback["attempt"]!);
        Assert.InRange((int)rollback["detectedStep"]!, 120, 160);
        Assert.InRange((int)rollback["restoredStep"]!, 20, 120);
        Assert.Equal(2, done.Attempt);
        Assert.Equal(0, done.Restarts);
    }

    private static async Task AssertColumnsAsync(TestNamespace space)
    {
        var lines = (await space.Kubectl.RunAsync(["get", "mhcjob", Job, "--namespace", space.Name])).Split('\n');
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
