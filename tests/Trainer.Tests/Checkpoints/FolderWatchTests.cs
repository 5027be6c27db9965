using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using Microsoft.Extensions.Time.Testing;
using TorchSharp;

namespace MhcOperator.Trainer.Tests.Checkpoints;

/// <summary>
/// The lease on the checkpoint folder: an old process on one machine, which may not be heard of, and a new one on another, each with a
/// clock of its own.
/// </summary>
public sealed class FolderWatchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _temporary = new();
    private readonly FakeTimeProvider _oldTime = new();
    private readonly FakeTimeProvider _newTime = new(new DateTimeOffset(1999, 1, 1, 0, 0, 0, TimeSpan.Zero)); // clocks need not agree
    private readonly Outage _oldMachine;
    private readonly Outage _newMachine;
    private readonly List<TrainerException> _lost = [];

    public FolderWatchTests() => (_oldMachine, _newMachine) = (new Outage(_temporary, _oldTime), new Outage(_temporary, _newTime));

    public void Dispose()
    {
        _oldMachine.Dispose();
        _newMachine.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void A_process_ends_within_ten_seconds_of_the_claim_of_a_newer_attempt()
    {
        using var watch = Watch(Old());
        Pass(25);
        _newMachine.Fence(attempt: 2).Take();
        Pass(9);
        Assert.Equal("Superseded", Assert.Single(_lost).Reason);
        Pass(60);
        Assert.Single(_lost);
    }

    [Fact]
    public void A_process_whose_folder_does_not_answer_trains_on_writes_nothing_and_writes_again_when_it_answers()
    {
        var fence = Old();
        using var watch = Watch(fence);
        Pass(20);
        _oldMachine.Begin();
        Pass(600);
        Assert.Throws<IOException>(fence.Demand);
        Assert.Empty(_lost);

        _oldMachine.End();
        Pass(10);
        fence.Demand();
        Assert.Empty(_lost);
    }

    [Fact]
    public void Who_takes_a_folder_over_claims_it_at_once_and_waits_45_seconds_by_its_own_clock()
    {
        var fence = Old();
        var taking = TakeOver();
        Assert.Throws<TrainerException>(() => fence.WhileOwner(() => Assert.Fail("it wrote")));

        _newTime.Advance(TimeSpan.FromSeconds(44));
        Assert.False(taking.IsCompleted);
        _newTime.Advance(TimeSpan.FromSeconds(1));
        Eventually.Holds(() => taking.IsCompletedSuccessfully, Patience, () => "it waits for ever");
    }

    [Fact]
    public void A_folder_that_a_newer_attempt_has_is_not_taken_over()
    {
        new CheckpointFence(CheckpointFolder.OpenForWriting(_temporary.Path, _newTime), 5, _newTime).Take();
        Assert.Equal("Superseded",
            Assert.Throws<TrainerException>(() => FolderWatch.TakeOver(_newMachine.Fence(attempt: 4), _newTime)).Reason);
    }

    // Whatever the network to the storage does, and though one clock runs a third faster or slower than the other: the old process has
    // ended, or may not write, from the moment on at which the new one begins to.
    [Theory]
    [InlineData(0.7)]
    [InlineData(1)]
    [InlineData(1.4)]
    public void When_a_folder_has_been_taken_over_no_older_process_may_write_into_it(double oldClock)
    {
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var fence = Old(attempt: (2 * seed) + 1);
            _lost.Clear();
            using var watch = Watch(fence);
            Pass(random.Next(60));
            var away = SetAway(random, false);
            Pass(random.Next(40));
            var taking = TakeOver(attempt: (2 * seed) + 2);
            for (var passed = 0; passed < 45; passed++)
            {
                away = random.Next(8) == 0 ? SetAway(random, away) : away;
                _oldTime.Advance(TimeSpan.FromSeconds(oldClock));
                _newTime.Advance(TimeSpan.FromSeconds(1));
            }

            Eventually.Holds(() => taking.IsCompletedSuccessfully, Patience, () => $"it waits for ever, or failed: {taking.Exception}");
            Assert.True(_lost.Count > 0 || MayNotWrite(fence), $"seed {seed}: the old process may still write");
            if (away)
            {
                _oldMachine.End();
            }
        }
    }

    [Fact]
    public void A_late_process_of_an_older_attempt_writes_no_shard_and_can_neither_verify_nor_quarantine_nor_delete_a_checkpoint()
    {
        using var scope = torch.NewDisposeScope();
        var folder = CheckpointFolder.OpenForWriting(_temporary.Path, _oldTime);
        var fence = Old();
        foreach (var step in (int[])[10, 20])
        {
            Directory.CreateDirectory(folder.Of(step));
        }

        _newMachine.Fence(attempt: 2).Take();
        folder.WriteHealth(20, CheckpointHealth.Quarantined, "by the new attempt");

        Assert.Throws<TrainerException>(() => Ledger().Healthy(25));
        Assert.Throws<TrainerException>(() => Ledger().QuarantineFrom(10, "too late"));
        Assert.Throws<TrainerException>(() => Ledger().Committed(30));
        Assert.Equal([10, 20], folder.Steps());
        Assert.Equal((CheckpointHealth.Candidate, CheckpointHealth.Quarantined), (folder.ReadHealth(10), folder.ReadHealth(20)));

        _oldTime.Advance(CheckpointFence.LeaseLength);
        using var writer = new CheckpointWriter(folder, fence, new SoloGang(), 1, _oldTime);
        List<NamedTensor> tensors = [new("model.w", torch.ones(3))];
        writer.Begin(new CheckpointManifest { Step = 40, WorldSize = 1, Vocabulary = 256 }, tensors, [], tensors);
        Assert.Equal("Superseded", Assert.Throws<TrainerException>(() => writer.Drain()).Reason);
        Assert.Empty(Directory.GetDirectories(_temporary.Path, ".tmp-*"));

        CheckpointLedger Ledger()
        {
            var ledger = new CheckpointLedger(folder, new CheckpointsSpec { VerifyAfterSteps = 5, KeepLatest = 1, KeepVerified = 1 },
                w => Assert.Fail(w), background: null, fence);
            ledger.Load([new LedgerEntry(10, CheckpointHealth.Candidate), new LedgerEntry(20, CheckpointHealth.Candidate)]);
            return ledger;
        }
    }

    private static bool MayNotWrite(CheckpointFence fence)
    {
        try
        {
            fence.Demand();
            return false;
        }
        catch (Exception e) when (e is IOException or TrainerException)
        {
            return true;
        }
    }

    private bool SetAway(Random random, bool away)
    {
        if (random.Next(2) == 0)
        {
            return away;
        }

        if (away)
        {
            _oldMachine.End();
        }
        else
        {
            _oldMachine.Begin();
        }

        return !away;
    }

    private CheckpointFence Old(int attempt = 1)
    {
        var fence = _oldMachine.Fence(attempt);
        fence.Take();
        return fence;
    }

    private FolderWatch Watch(CheckpointFence fence) => FolderWatch.Start(fence, _oldTime, _lost.Add);

    /// <summary>Begins to take the folder over, and returns when it is claimed and waited for.</summary>
    private Task TakeOver(int attempt = 2)
    {
        var waits = new TimerSignal(_newTime);
        var fence = new CheckpointFence(CheckpointFolder.OpenForWriting(_temporary.Path, waits), attempt, waits);
        var taking = Task.Factory.StartNew(() => FolderWatch.TakeOver(fence, waits), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Eventually.Holds(() => waits.HasTimer, Patience, () => $"it does not wait: {taking.Exception}");
        return taking;
    }

    private void Pass(int seconds)
    {
        for (var passed = 0; passed < seconds; passed++)
        {
            _oldTime.Advance(TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>A clock that tells when somebody waits by it for the leases of others.</summary>
    private sealed class TimerSignal(FakeTimeProvider time) : TimeProvider
    {
        public volatile bool HasTimer;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != FolderWatch.TakeOverWait)
            {
                // a process that another test starts holds the lock for a moment
                return System.CreateTimer(callback, state, dueTime, period);
            }

            var timer = time.CreateTimer(callback, state, dueTime, period);
            HasTimer = true;
            return timer;
        }
    }
}
