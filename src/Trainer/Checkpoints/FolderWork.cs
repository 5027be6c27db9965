namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Work on the checkpoint folder for which training need not stand still, such as flushing a small file while a large one is on its way to
/// the disk: done on another thread, one piece after another in the order in which it was given.
/// </summary>
internal sealed class FolderWork : IDisposable
{
    private Task _last = Task.CompletedTask;

    /// <summary>Adds a piece.</summary>
    public void Enqueue(Action piece) => _last = After(_last, piece);

    /// <summary>Waits for all pieces.</summary>
    public void Finish() => _last.GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Dispose() => Finish();

    private static async Task After(Task before, Action piece)
    {
        await before.ConfigureAwait(false);
        await Task.Run(piece).ConfigureAwait(false);
    }
}
