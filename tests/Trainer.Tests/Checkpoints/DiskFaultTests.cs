using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Files;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class DiskFaultTests
{
    private static readonly CheckpointsSpec Spec = new() { KeepLatest = 1, KeepVerified = 1, VerifyAfterSteps = 5 };

    /// <summary>
    /// Checkpoint 30 is written, committed and verified, and 10 and 20 are deleted, with a fault at each system call in turn.
    /// </summary>
    [Fact]
    public void Whatever_system_call_fails_or_is_the_last_a_checkpoint_can_be_loaded_and_the_next_one_written()
    {
        var calls = Enum.GetValues<DiskFault>().Select(TryEveryCall).ToList();

        // Shard, manifest, health, their flushes and renames, the commit, two changes of health and two deletions.
        Assert.All(calls, count => Assert.InRange(count, 25, 100));
    }

    private static int TryEveryCall(DiskFault fault)
    {
        for (var call = 0; ; call++)
        {
            using var temporary = new TemporaryFolder();
            using var scope = NewDisposeScope();
            var before = Folder(temporary, new FaultyDisk(-1, fault));
            Save(before, 10);
            before.WriteHealth(10, CheckpointHealth.Verified, "test");
            Save(before, 20);

            var disk = new FaultyDisk(call, fault);
            List<string> warnings = [];
            var failed = WriteVerifyAndPrune(Folder(temporary, disk), warnings);
            if (!disk.Struck)
            {
                Assert.False(failed);
                Assert.Empty(warnings);
                Assert.Equal([30], before.Steps());
                return call;
            }

            var where = $"{fault} at call {call}";
            Assert.True(failed || warnings.Count > 0, $"{where} was not noticed");
            CheckWhatIsLeft(temporary, where);
        }
    }

    private static bool WriteVerifyAndPrune(CheckpointFolder folder, List<string> warnings)
    {
        var ledger = new CheckpointLedger(folder, Spec, warnings.Add);
        ledger.Load([new LedgerEntry(10, CheckpointHealth.Verified), new LedgerEntry(20, CheckpointHealth.Candidate)]);
        try
        {
            if (Write(folder, 30) is not null)
            {
                return true;
            }

            ledger.Committed(30);
            ledger.Healthy(35);
            return false;
        }
        catch (KilledException)
        {
            return true;
        }
    }

    private static void CheckWhatIsLeft(TemporaryFolder temporary, string where)
    {
        var folder = Folder(temporary, Disk.Instance);
        folder.DeleteLeftovers();
        var ledger = new CheckpointLedger(folder, Spec, _ => { });
        var loader = new CheckpointLoader(folder, new SoloGang(), ledger, _ => { });

        var found = loader.Find(new ResumePoint(null));
        Assert.True(found is { Step: 20 or 30 }, $"{where}: checkpoint {found?.Step} was found");
        Assert.Equal(WeightsHash.Compute(Tensors(found!.Step)), WeightsHash.Compute(loader.Read(found, _ => true)));
        Assert.True(ledger.Verified.Count > 0, $"{where}: no verified checkpoint is left");

        Save(Folder(temporary, new FaultyDisk(-1, DiskFault.Error)), 40);
        Assert.Equal(40, loader.Find(new ResumePoint(null))?.Step);
    }

    private static void Save(CheckpointFolder folder, int step) => Assert.Null(Write(folder, step));

    private static string? Write(CheckpointFolder folder, int step)
    {
        using var writer = new CheckpointWriter(folder, Fences.Open(folder), new SoloGang(), 1, TimeProvider.System);
        var tensors = Tensors(step);
        writer.Begin(new CheckpointManifest { Step = step, DataStep = step, WorldSize = 1, Vocabulary = 256 }, tensors, [], tensors);
        return writer.Drain()?.Failure;
    }

    private static List<NamedTensor> Tensors(int seed)
    {
        using var generator = new Generator((ulong)seed);
        return [.. Enumerable.Range(0, 3).Select(i => new NamedTensor($"model.w{i}", randn([i + 1, 3], generator: generator)))];
    }

    private static CheckpointFolder Folder(TemporaryFolder temporary, IDisk disk) =>
        CheckpointFolder.OpenForWriting(temporary.Path, TimeProvider.System, disk);
}
