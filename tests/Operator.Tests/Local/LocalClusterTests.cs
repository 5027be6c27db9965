using System.Net;
using MhcOperator.Api;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Building;
using Microsoft.Extensions.Time.Testing;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Local;

/// <summary>The fake must refuse what an API server refuses, or the tests on it prove nothing.</summary>
public sealed class LocalClusterTests
{
    private readonly FakeTimeProvider _time = new(Clock.Start);
    private readonly ScriptedLauncher _launcher = new();
    private readonly LocalCluster _cluster;
    private readonly NamespacedName _key;

    public LocalClusterTests()
    {
        _cluster = new LocalCluster(_launcher, _time);
        _key = _cluster.Add(MakeJob().BuildManifest());
    }

    private MhcTrainingJob Job => _cluster.FindJob(_key)!.Job!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task MakePodAsync(int worker = 0) =>
        _cluster.CreateAsync(PodManifest.For(Job, new MhcTrainingJobStatus { Attempt = 1 }, worker, new()), Cancel);

    [Fact]
    public async Task A_status_written_against_an_old_version_is_refused()
    {
        var old = Job;
        await _cluster.PatchStatusAsync(old, new MhcTrainingJobStatus { Attempt = 1 }, Cancel);
        var refused = await Assert.ThrowsAsync<ApiException>(
            () => _cluster.PatchStatusAsync(old, new MhcTrainingJobStatus { Attempt = 2 }, Cancel));
        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Equal(1, Job.Status!.Attempt);
    }

    [Fact]
    public async Task The_generation_moves_with_the_spec_and_not_with_the_status()
    {
        await _cluster.PatchStatusAsync(Job, new MhcTrainingJobStatus(), Cancel);
        Assert.Equal(1, Job.Metadata.Generation);
        _cluster.Update(_key, s => s with { Suspend = true });
        Assert.Equal(2, Job.Metadata.Generation);
        Assert.NotNull(Job.Status);
    }

    [Fact]
    public async Task A_name_cannot_be_taken_twice()
    {
        await MakePodAsync();
        var refused = await Assert.ThrowsAsync<ApiException>(() => MakePodAsync());
        Assert.Equal(HttpStatusCode.Conflict, refused.Status);
        Assert.Equal(1, _launcher.Launches);
    }

    [Fact]
    public async Task What_was_read_does_not_change_afterwards()
    {
        await MakePodAsync();
        var before = _cluster.ListPods(_key)[0];
        _launcher.Alive[0].Exit(86, "verdict");
        Assert.Equal("Running", before.Status.Phase);
        var after = _cluster.ListPods(_key)[0];
        Assert.Equal(("Failed", 86, "verdict"),
            (after.Status.Phase, after.Status.ContainerStatuses[0].State.Terminated.ExitCode,
                after.Status.ContainerStatuses[0].State.Terminated.Message));
    }

    [Fact]
    public async Task Only_the_pod_of_that_uid_is_deleted()
    {
        await MakePodAsync();
        var pod = _cluster.ListPods(_key)[0];
        await _cluster.DeletePodAsync(pod, null, Cancel);
        await MakePodAsync();
        await _cluster.DeletePodAsync(pod, null, Cancel);
        Assert.Single(_launcher.Alive);
    }

    [Fact]
    public async Task A_deleted_pod_is_there_until_its_process_has_ended()
    {
        _launcher.Obeys = false;
        await MakePodAsync();
        await _cluster.DeletePodAsync(_cluster.ListPods(_key)[0], 10, Cancel);
        Assert.True(_launcher.Alive[0].Terminated);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(Clock.After(10).UtcDateTime, _cluster.ListPods(_key)[0].Metadata.DeletionTimestamp);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_cluster.ListPods(_key));
        Assert.Empty(_launcher.Alive);
    }

    [Fact]
    public async Task A_second_deletion_can_only_shorten_the_grace()
    {
        _launcher.Obeys = false;
        await MakePodAsync();
        await _cluster.DeletePodAsync(_cluster.ListPods(_key)[0], 10, Cancel);
        await _cluster.DeletePodAsync(_cluster.ListPods(_key)[0], 60, Cancel);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(_cluster.ListPods(_key));
    }

    [Fact]
    public async Task Every_change_is_told()
    {
        var told = 0;
        _cluster.Changed += k => told += k == _key ? 1 : 0;
        await MakePodAsync();
        Assert.True(told > 0);
        told = 0;
        _launcher.Alive[0].Exit(0);
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task A_kind_that_it_does_not_have_is_refused() =>
        await Assert.ThrowsAsync<ApiException>(
            () => _cluster.CreateAsync(new System.Text.Json.Nodes.JsonObject { ["kind"] = "Secret" }, Cancel));
}
