using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class CheckpointRoundTripTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 3)]
    public void What_some_ranks_wrote_any_number_of_ranks_reads(int writers, int readers)
    {
        var tensors = Tensors(1);
        Assert.All(Save(10, tensors, writers), Assert.Null);

        var read = ThreadGang.Run(readers, gang =>
        {
            var loader = Loader(gang, out _);
            var manifest = loader.Find(new ResumePoint(null));
            return WeightsHash.Compute(loader.Read(manifest!, _ => true));
        });

        Assert.All(read, hash => Assert.Equal(WeightsHash.Compute(tensors), hash));
        Assert.Equal(writers, Directory.GetFiles(Folder().Of(10), "rank-*.safetensors").Length);
    }

    [Fact]
    public void Python_reads_what_ranks_wrote_with_its_own_library_alone_and_finds_the_same_hash()
    {
        var tensors = Tensors(1);
        Assert.All(Save(10, tensors, 2), Assert.Null);
        using var python = TrainerProcess.Start("python3",
            [Path.Combine(AppContext.BaseDirectory, "Checkpoints", "read_checkpoint.py"), Folder().Of(10)],
            new Dictionary<string, string>(StringComparer.Ordinal));

        Assert.True(python.Wait() == 0, python.Output);
        var weights = tensors.Select(t => t with { Name = t.Name["model.".Length..] });
        Assert.Equal($"{tensors.Count} {WeightsHash.Compute(weights)}", python.Output.Trim());
    }

    [Theory]
    [InlineData("corrupted")]
    [InlineData("truncated")]
    [InlineData("missing shard")]
    [InlineData("missing manifest")]
    [InlineData("torn manifest")]
    public void A_torn_or_corrupted_checkpoint_is_reported_and_the_one_before_is_used(string damage)
    {
        Save(10, Tensors(1), 2);
        Save(20, Tensors(2), 2);
        Damage(damage, Folder().Of(20));

        var manifest = Loader(new SoloGang(), out var ledger).Find(new ResumePoint(null));

        Assert.Equal(10, manifest?.Step);
        Assert.Contains("checkpoint 20 is torn or corrupted", Assert.Single(_warnings), StringComparison.Ordinal);
        Assert.Equal(CheckpointHealth.Quarantined, ledger.Entries[^1].State);
        Assert.Equal(CheckpointHealth.Quarantined, Folder().ReadHealth(20));
    }

    [Fact]
    public void A_resume_step_quarantines_what_came_after_it_for_good()
    {
        foreach (var step in (int[])[10, 20, 30])
        {
            Save(step, Tensors(step), 1);
        }

        var first = Loader(new SoloGang(), out _).Find(new ResumePoint(20));
        var second = Loader(new SoloGang(), out _).Find(new ResumePoint(null));

        Assert.Equal(20, first?.Step);
        Assert.Equal(20, second?.Step);
        Assert.Equal(CheckpointHealth.Quarantined, Folder().ReadHealth(30));
        Assert.Equal(CheckpointHealth.Candidate, Folder().ReadHealth(20));
    }

    [Fact]
    public void Resume_none_begins_anew_and_quarantines_everything()
    {
        Save(10, Tensors(1), 1);

        Assert.Null(Loader(new SoloGang(), out _).Find(ResumePoint.Start));
        Assert.Null(Loader(new SoloGang(), out _).Find(ResumePoint.Newest));
    }

    [Fact]
    public void A_step_that_was_asked_for_is_an_error_where_there_is_nothing_up_to_it()
    {
        Save(20, Tensors(1), 1);

        var error = Assert.Throws<TrainerException>(() => Loader(new SoloGang(), out _).Find(new ResumePoint(10)));

        Assert.Equal((MhcOperator.Api.Contract.ExitCode.ConfigurationWrong, "CheckpointMissing"), (error.ExitCode, error.Reason));
    }

    [Fact]
    public void A_resume_step_that_is_gone_falls_back_with_a_warning()
    {
        Save(10, Tensors(1), 1);

        Assert.Equal(10, Loader(new SoloGang(), out _).Find(new ResumePoint(15))?.Step);
        Assert.Contains("checkpoint 15 was asked for", Assert.Single(_warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_checkpoint_takes_the_place_of_a_worthless_one_of_its_step()
    {
        Save(10, Tensors(1), 1);
        Folder().WriteHealth(10, CheckpointHealth.Quarantined, "test");

        var newer = Tensors(2);
        Assert.All(Save(10, newer, 1), Assert.Null);

        var loader = Loader(new SoloGang(), out _);
        Assert.Equal(WeightsHash.Compute(newer), WeightsHash.Compute(loader.Read(loader.Find(new ResumePoint(null))!, _ => true)));
    }

    [Fact]
    public void A_rank_that_cannot_write_fails_the_checkpoint_for_all_and_leaves_no_trace()
    {
        Save(10, Tensors(1), 2);
        var folder = Folder();
        // A folder has the name of rank 1's file: opening it for writing fails.
        var results = ThreadGang.Run(2, gang =>
        {
            var tensors = Tensors(2);
            if (gang.Rank == 1)
            {
                Directory.CreateDirectory(Path.Combine(folder.TemporaryOf(20, 1), "rank-00001.safetensors"));
            }

            return Write(folder, gang, 1, Manifest(20, 2), tensors);
        });

        Assert.All(results, r => Assert.Contains("rank 1:", r, StringComparison.Ordinal));
        Assert.Equal([10], folder.Steps());
        Assert.Empty(Directory.GetDirectories(folder.Path, ".tmp-*"));
    }

    [Fact]
    public void Ranks_whose_weights_have_drifted_apart_commit_no_mixture_of_them_and_end_together()
    {
        var folder = Folder();
        var errors = ThreadGang.Run(2,
            gang => Assert.Throws<TrainerException>(() => Write(folder, gang, 1, Manifest(20, 2), Tensors(gang.Rank))));

        Assert.All(errors, e => Assert.Equal(("WeightsDiffer", true), (e.Reason, e.EndsAll)));
        Assert.All(errors, e => Assert.Contains("rank 1 has other weights than rank 0 after step 20", e.Message, StringComparison.Ordinal));
        Assert.Empty(folder.Steps());
        Assert.Empty(Directory.GetDirectories(folder.Path, ".tmp-*"));
    }

    [Fact]
    public void An_older_attempt_can_neither_open_the_folder_nor_commit_into_it()
    {
        var folder = Folder();
        new CheckpointFence(folder, 3, TimeProvider.System).Take();

        var opening = Assert.Throws<TrainerException>(() => new CheckpointFence(folder, 2, TimeProvider.System).Take());
        var committing = Assert.Throws<TrainerException>(() => Save(10, Tensors(1), 1, attempt: 2));

        Assert.Equal("Superseded", opening.Reason);
        Assert.Equal("Superseded", committing.Reason);
        Assert.Empty(folder.Steps());
        new CheckpointFence(folder, 3, TimeProvider.System).Take();
    }

    [Fact]
    public void Leftovers_of_dead_attempts_are_never_checkpoints_and_are_cleared_away()
    {
        var folder = Folder();
        Directory.CreateDirectory(folder.TemporaryOf(10, 1));

        Assert.Null(Loader(new SoloGang(), out _).Find(new ResumePoint(null)));
        folder.DeleteLeftovers();

        Assert.Empty(Directory.GetDirectories(folder.Path));
    }

    private static void Damage(string how, string folder)
    {
        var shard = Directory.GetFiles(folder, "rank-*")[0];
        var manifest = Path.Combine(folder, CheckpointLayout.ManifestName);
        switch (how)
        {
            case "corrupted":
                var bytes = File.ReadAllBytes(shard);
                bytes[^1] ^= 1;
                File.WriteAllBytes(shard, bytes);
                break;
            case "truncated":
                File.WriteAllBytes(shard, File.ReadAllBytes(shard)[..^8]);
                break;
            case "missing shard":
                File.Delete(shard);
                break;
            case "missing manifest":
                File.Delete(manifest);
                break;
            default:
                File.WriteAllText(manifest, File.ReadAllText(manifest)[..100]);
                break;
        }
    }

    private static List<NamedTensor> Tensors(int seed)
    {
        using var generator = new Generator((ulong)seed);
        return [.. Enumerable.Range(0,
            7).Select(i => new NamedTensor($"model.w{i}", randn([i + 1, 3], generator: generator).DetachFromDisposeScope()))];
    }

    private static CheckpointManifest Manifest(int step, int ranks) =>
        new() { Step = step, DataStep = step, WorldSize = ranks, Model = new ModelSpec(), Vocabulary = 256 };

    private CheckpointFolder Folder() => CheckpointFolder.OpenForWriting(_temporary.Path, TimeProvider.System);

    private string?[] Save(int step, List<NamedTensor> tensors, int ranks, int attempt = 1)
    {
        var folder = Folder();
        return ThreadGang.Run(ranks, gang => Write(folder, gang, attempt, Manifest(step, ranks), tensors));
    }

    private static string? Write(CheckpointFolder folder, IGang gang, int attempt, CheckpointManifest manifest, List<NamedTensor> tensors)
    {
        using var writer = new CheckpointWriter(folder, Fences.Open(folder, attempt), gang, attempt, TimeProvider.System);
        writer.Begin(manifest, tensors, [], tensors);
        return writer.Drain()?.Failure;
    }

    private CheckpointLoader Loader(IGang gang, out CheckpointLedger ledger)
    {
        var folder = Folder();
        ledger = new CheckpointLedger(gang.Rank == 0 ? folder : null, new CheckpointsSpec(), _warnings.Add);
        return new CheckpointLoader(folder, gang, ledger, _warnings.Add);
    }
}
