using MhcOperator.Trainer.Checkpoints;
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

    private FileStream Hold() => new(_temporary.File(".attempt.json"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    private void AdvanceUntil(Func<bool> condition) => Eventually.Holds(
        () =>
        {
            _time.Advance(Pause);
            return condition();
        },
        Patience,
        () => "it waits for ever");
}
