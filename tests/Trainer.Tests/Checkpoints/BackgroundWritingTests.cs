using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class BackgroundWritingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Weights_may_change_once_they_are_copied_and_the_checkpoint_has_those_of_its_step()
    {
        using var temporary = new TemporaryFolder();
        using var disk = new GatedDisk();
        var folder = CheckpointFolder.OpenForWriting(temporary.Path, TimeProvider.System, disk);

        var results = ThreadGang.Run(2, gang =>
        {
            using var scope = NewDisposeScope();
            using var writer = new CheckpointWriter(folder, Fences.Open(folder), gang, 1, TimeProvider.System);
            var weights = ones(500, 100);
            var moment = full(3, (float)gang.Rank);
            List<NamedTensor> shared = [new("model.w", weights), new("model.v", zeros(7))];
            var hash = WeightsHash.Compute(shared);
            writer.Begin(new CheckpointManifest { Step = 10, WorldSize = 2, Vocabulary = 256 }, shared,
                [new($"optimizer.m[{gang.Rank * 3}:{(gang.Rank + 1) * 3}]", moment)], shared);
            writer.WaitUntilCopied();
            weights.add_(1);
            moment.add_(1);
            Assert.True(writer.IsBusy && !writer.IsReady);
            gang.Barrier();
            disk.Open();

            Eventually.Holds(() => writer.IsReady, Patience, () => "the shard is not written");
            gang.Barrier();
            Assert.Null(writer.Advance());
            Eventually.Holds(() => writer.IsReady, Patience, () => "the checkpoint is not committed");
            gang.Barrier();
            return (hash, outcome: writer.Advance(), writer.IsBusy);
        });

        Assert.All(results, r => Assert.True(r is { outcome: { Failure: null, Step: 10, Bytes: > 200_000 }, IsBusy: false }));
        var manifest = folder.ReadManifest(10);
        Assert.Equal(results[0].hash, manifest.WeightsSha256);
        var read = CheckpointLoader.ReadShards(folder, CheckpointIntegrity.Check(folder, 10), _ => true)
            .ToDictionary(t => t.Name, t => t.Value, StringComparer.Ordinal);
        Assert.Equal(50_000, read["model.w"].sum().ToSingle());
        Assert.Equal([0f, 0f, 0f], read["optimizer.m[0:3]"].data<float>().ToArray());
        Assert.Equal([1f, 1f, 1f], read["optimizer.m[3:6]"].data<float>().ToArray());
    }

    [Fact]
    public void No_second_checkpoint_begins_while_one_is_being_written()
    {
        using var temporary = new TemporaryFolder();
        using var disk = new GatedDisk();
        using var scope = NewDisposeScope();
        var folder = CheckpointFolder.OpenForWriting(temporary.Path, TimeProvider.System, disk);
        using var writer = new CheckpointWriter(folder, Fences.Open(folder), new Trainer.Parallel.SoloGang(), 1, TimeProvider.System);
        List<NamedTensor> tensors = [new("model.w", ones(3))];
        writer.Begin(new CheckpointManifest { Step = 10, WorldSize = 1, Vocabulary = 256 }, tensors, [], tensors);

        Assert.Throws<InvalidOperationException>(
            () => writer.Begin(new CheckpointManifest { Step = 20, WorldSize = 1, Vocabulary = 256 }, tensors, [], tensors));

        disk.Open();
        Assert.Null(writer.Drain()?.Failure);
        Assert.Equal([10], folder.Steps());
    }
}
