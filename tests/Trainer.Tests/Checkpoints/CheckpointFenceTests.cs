using System.Text.Json;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class CheckpointFenceTests : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _temporary = new();
    private readonly FakeTimeProvider _time = new();
    private readonly CheckpointFolder _folder;

    public CheckpointFenceTests() => _folder = CheckpointFolder.OpenForWriting(_temporary.Path, _time);

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task Who_finds_the_lock_held_waits_for_it()
    {
        var fence = new CheckpointFence(_folder, 1, _time);
        fence.Take();
        var held = Hold();
        var done = false;
        var waiting = Task.Run(() => fence.WhileOwner(() => done = true), TestContext.Current.CancellationToken);

        Assert.False(done);
        held.Dispose();
        AdvanceUntil(() => waiting.IsCompleted);

        await waiting;
        Assert.True(done);
    }

    [Fact]
    public async Task A_lock_that_nobody_lets_go_is_an_error_after_ten_seconds_of_the_clock()
    {
        using var held = Hold();
        var began = _time.GetUtcNow();
        var waiting = Task.Run(() => new CheckpointFence(_folder, 1, _time).Take(), TestContext.Current.CancellationToken);

        AdvanceUntil(() => waiting.IsCompleted);

        await Assert.ThrowsAsync<IOException>(() => waiting);
        Assert.InRange((_time.GetUtcNow() - began).TotalSeconds, 10, double.PositiveInfinity);
    }

    [Fact]
    public void What_was_read_may_be_relied_on_for_a_lease_and_no_longer_until_it_is_read_again()
    {
        using var outage = new Outage(_temporary, _time);
        var fence = outage.Fence(attempt: 2);
        fence.Take();
        _time.Advance(TimeSpan.FromSeconds(29));
        outage.Begin();

        fence.Look();
        fence.Demand();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("30 s", Assert.Throws<IOException>(fence.Demand).Message, StringComparison.Ordinal);

        outage.End();
        fence.Demand();
        outage.Begin();
        fence.Demand();
    }

    [Fact]
    public void A_lease_is_renewed_while_another_process_holds_the_lock_however_long_that_takes()
    {
        new CheckpointFence(_folder, 2, _time).Take();
        using var held = Hold();
        var peer = new CheckpointFence(_folder, 2, _time);

        peer.Demand();
        _time.Advance(CheckpointFence.LeaseLength);
        peer.Demand();
        Assert.Equal("Superseded", Assert.Throws<TrainerException>(new CheckpointFence(_folder, 1, _time).Look).Reason);
    }

    [Fact]
    public void Once_a_newer_attempt_has_claimed_the_folder_nothing_may_be_written_into_it()
    {
        var fence = new CheckpointFence(_folder, 1, _time);
        fence.Take();
        _time.Advance(TimeSpan.FromSeconds(40));
        new CheckpointFence(_folder, 2, _time).Take();

        Assert.Equal("Superseded", Assert.Throws<TrainerException>(fence.Demand).Reason);
        Assert.Equal("Superseded", Assert.Throws<TrainerException>(fence.Look).Reason);
        Assert.Equal("Superseded", Assert.Throws<TrainerException>(() => fence.WhileOwner(() => Assert.Fail("it wrote"))).Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"attem")]
    [InlineData("{\"attempt\":2147483647}")]
    [InlineData("{\"attempt\":-1,\"jobSince\":5}")]
    [InlineData("{\"attempt\":1,\"jobSince\":9223372036854775807}")]
    public void A_fence_that_a_crash_tore_or_no_trainer_has_written_renews_nothing_and_whoever_claims_the_folder_has_it(string torn)
    {
        var fence = new CheckpointFence(_folder, 1, _time);
        fence.Take();
        File.WriteAllText(_temporary.File(Fences.FileName), torn);
        _time.Advance(CheckpointFence.LeaseLength);

        Assert.Throws<IOException>(fence.Demand);
        fence.Take();
        fence.Demand();
        Assert.Equal(1, Owner());
    }

    [Fact]
    public void A_claim_leaves_nothing_of_a_longer_text_that_was_there()
    {
        File.WriteAllText(_temporary.File(Fences.FileName), "{\"attempt\": 1, \"more\": \"than it says today\"}");
        new CheckpointFence(_folder, 2, _time).Take();
        Assert.Equal(2, Owner());
    }

    [Fact]
    public void The_next_job_on_a_folder_has_it_from_its_first_attempt_on_and_the_last_one_writes_nothing_more()
    {
        var last = new CheckpointFence(_folder, 7, _time, jobSince: 1000);
        last.Take();
        var next = new CheckpointFence(_folder, 1, _time, jobSince: 2000);
        next.Take();

        Assert.Contains("attempt 1 of a newer job owns",
            Assert.Throws<TrainerException>(() => last.WhileOwner(() => Assert.Fail("it wrote"))).Message, StringComparison.Ordinal);
        new CheckpointFence(_folder, 2, _time, jobSince: 2000).Take();
        Assert.Throws<TrainerException>(next.Look);
    }

    [Fact]
    public void A_fence_that_says_nothing_of_its_job_is_older_than_any_job()
    {
        File.WriteAllText(_temporary.File(Fences.FileName), "{\"attempt\": 9}");
        new CheckpointFence(_folder, 1, _time, jobSince: 1).Take();
        Assert.Throws<TrainerException>(new CheckpointFence(_folder, 9, _time).Take);
    }

    private int? Owner() => JsonSerializer.Deserialize(File.ReadAllText(_temporary.File(Fences.FileName)),
        CheckpointJsonContext.Default.FenceRecord)?.Attempt;

    private FileStream Hold() => new(_temporary.File(Fences.FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private void AdvanceUntil(Func<bool> condition) => Eventually.Holds(
        () =>
        {
            _time.Advance(Pause);
            return condition();
        },
        Patience,
        () => "it waits for ever");
}
