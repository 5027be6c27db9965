using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class CheckpointLedgerTests
{
    private readonly CheckpointLedger _ledger = new(folder: null, new CheckpointsSpec { VerifyAfterSteps = 50, KeepLatest = 3 }, _ => { });

    [Fact]
    public void A_candidate_is_verified_after_enough_healthy_steps()
    {
        _ledger.Committed(100);
        _ledger.Healthy(149);
        Assert.Empty(_ledger.Verified);

        _ledger.Healthy(150);

        Assert.Equal([100], _ledger.Verified);
        Assert.Equal(100, _ledger.LatestVerified);
    }

    [Fact]
    public void Without_a_waiting_time_one_healthy_step_after_it_is_enough_but_its_own_is_not()
    {
        var ledger = new CheckpointLedger(folder: null, new CheckpointsSpec { VerifyAfterSteps = 0 }, _ => { });
        ledger.Committed(100);
        ledger.Healthy(100);
        Assert.Empty(ledger.Verified);

        ledger.Healthy(101);

        Assert.Equal([100], ledger.Verified);
    }

    [Fact]
    public void One_that_is_committed_late_is_verified_by_the_healthy_steps_since()
    {
        _ledger.Healthy(150);
        _ledger.Committed(100);
        _ledger.Committed(120);

        Assert.Equal([100], _ledger.Verified);
    }

    [Fact]
    public void Healthy_steps_that_were_undone_verify_nothing()
    {
        _ledger.Committed(100);
        _ledger.Healthy(140);
        _ledger.QuarantineFrom(120, "test");
        _ledger.Committed(90);

        Assert.Empty(_ledger.Verified);
    }

    [Fact]
    public void A_quarantined_one_is_neither_latest_nor_verified_ever_again()
    {
        _ledger.Committed(100);
        _ledger.Committed(200);
        _ledger.QuarantineFrom(200, "test");
        _ledger.Healthy(1000);

        Assert.Equal(100, _ledger.Latest);
        Assert.Equal([100], _ledger.Verified);
    }

    [Fact]
    public void Training_does_not_wait_for_the_folder_which_says_in_the_end_what_the_ledger_says()
    {
        using var temporary = new TemporaryFolder();
        using var background = new FolderWork();
        using var disk = new GatedDisk();
        var folder = CheckpointFolder.OpenForWriting(temporary.Path, TimeProvider.System, disk);
        foreach (var step in (int[])[100, 200])
        {
            Directory.CreateDirectory(folder.Of(step));
        }

        var ledger = new CheckpointLedger(folder, new CheckpointsSpec { VerifyAfterSteps = 50, KeepLatest = 1, KeepVerified = 1 },
            w => Assert.Fail(w), background);
        ledger.Committed(100);
        ledger.Healthy(150);
        ledger.Committed(200);
        ledger.Healthy(250);

        Assert.Equal([new LedgerEntry(200, CheckpointHealth.Verified)], ledger.Entries);
        Assert.Equal([100, 200], folder.Steps());
        disk.Open();
        ledger.Finish();
        Assert.Equal([200], folder.Steps());
        Assert.Equal(CheckpointHealth.Verified, folder.ReadHealth(200));
    }
}
