using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Keeps this process's lease on the checkpoint folder. The lease is one on the number in the fence file (Gray and Cheriton, 1989): whoever
/// has read it may rely on it for a while, and whoever changes it, without knowing whether all who rely on it are gone, waits for longer
/// than that. So each process of a gang reads the fence every few seconds, and ends when a newer attempt has claimed the folder. A process
/// that cannot read it lets its lease run out: it trains on, but writes nothing until it has read it again, for a storage that is away for
/// a minute is no reason to lose a gang. Only lengths of time are compared, each by the clock of one machine that nobody sets, so clocks
/// need not agree.
/// </summary>
internal sealed class FolderWatch : IDisposable
{
    /// <summary>
    /// How long whoever takes a folder over waits between its claim and the first use of the folder: half as long again as a lease, for
    /// clocks that do not run equally fast and for what had begun when the lease ran out.
    /// </summary>
    public static readonly TimeSpan TakeOverWait = CheckpointFence.LeaseLength * 1.5;

    /// <summary>Three looks fit into a lease.</summary>
    public static readonly TimeSpan Interval = CheckpointFence.LeaseLength / 3;

    private readonly CheckpointFence _fence;
    private readonly Action<TrainerException> _lost;
    private readonly ITimer _timer;

    private FolderWatch(CheckpointFence fence, TimeProvider time, Action<TrainerException> lost)
    {
        (_fence, _lost) = (fence, lost);
        _timer = time.CreateTimer(_ => Look(), state: null, Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="fence">Of the folder; it has been read.</param>
    /// <param name="time">When to look.</param>
    /// <param name="lost">Called on another thread when a newer attempt has claimed the folder; ends the process.</param>
    public static FolderWatch Start(CheckpointFence fence, TimeProvider time, Action<TrainerException> lost) => new(fence, time, lost);

    /// <summary>
    /// Claims a folder that processes of an older attempt may still hold, somewhere where nobody can reach them, and waits until the lease
    /// of each has run out. Every rank does both, so that none waits for another.
    /// </summary>
    /// <exception cref="TrainerException">A newer attempt has claimed the folder.</exception>
    /// <exception cref="IOException">The fence cannot be written.</exception>
    public static void TakeOver(CheckpointFence fence, TimeProvider time)
    {
        fence.Take();
        time.Wait(TakeOverWait);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        try
        {
            _fence.Look();
        }
        catch (TrainerException e)
        {
            _lost(e);
            return;
        }

        // Only now: a folder that does not answer must not pile up looks.
        _timer.Change(Interval, Timeout.InfiniteTimeSpan);
    }
}
