using EndToEnd.Tests.Cluster;

namespace EndToEnd.Tests;

/// <summary>A job that cannot start says what it waits for, and burns nothing meanwhile.</summary>
public sealed class WaitingTests(RealCluster cluster)
{
    [Fact]
    public async Task A_missing_image_is_named_and_costs_no_restart()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Yaml("no-image", steps: 10, "  trainer: {image: \"mhc-operator.local/does-not-exist:1\"}"));

        var job = await space.JobAsync("no-image", "the condition to name the image",
            view => view.MessageOf("Running").Contains("does-not-exist", StringComparison.Ordinal));

        Assert.True(job.IsFalse("Running"), job.ToString());
        Assert.False(job.HasFailed, job.ToString());
        Assert.Equal(0, job.Restarts);
        Assert.Equal(1, job.Attempt);
    }

    [Fact]
    public async Task A_device_that_no_node_has_is_named()
    {
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Yaml("no-device", steps: 10, "  trainer: { command: [sleep, \"5\"] }", device: "Cuda"));

        var job = await space.JobAsync("no-device", "the condition to name the resource",
            view => view.MessageOf("GangScheduled").Contains("nvidia.com/gpu", StringComparison.Ordinal));

        Assert.True(job.IsFalse("GangScheduled"), job.ToString());
        Assert.Equal(0, job.Restarts);
        Assert.All(await space.PodsAsync("no-device"), pod => Assert.Equal("Pending", pod.Phase));
    }
}
