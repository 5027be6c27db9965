using System.Text.Json;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Keeps a late process of an older attempt from writing into the folder of a newer one. The folder's fence file holds the newest attempt
/// that opened it; taking the fence and committing a checkpoint both happen under a lock on that file.
/// </summary>
/// <param name="folder">Guarded folder.</param>
/// <param name="attempt">This process's attempt.</param>
/// <param name="time">Clock of the waiting for the lock.</param>
internal sealed class CheckpointFence(CheckpointFolder folder, int attempt, TimeProvider time)
{
    private const string FenceName = ".attempt.json";
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    /// <summary>Makes this attempt the owner.</summary>
    /// <exception cref="TrainerException">A newer attempt has opened the folder.</exception>
    public void Take() => UnderLock(file =>
    {
        var record = JsonSerializer.SerializeToUtf8Bytes(new FenceRecord(attempt), CheckpointJsonContext.Default.FenceRecord);
        file.SetLength(0);
        file.Write(record);
        file.Flush(flushToDisk: true);
    });

    /// <summary>Does something that only the owner may do.</summary>
    /// <exception cref="TrainerException">A newer attempt has opened the folder.</exception>
    public void WhileOwner(Action action) => UnderLock(_ => action());

    private void UnderLock(Action<FileStream> action)
    {
        using var file = Lock();
        var owner = Read(file);
        if (owner > attempt)
        {
            throw TrainerException.TryAgain("Superseded", $"attempt {owner} owns the checkpoint folder {folder.Path}; attempt {attempt} must not write there any more");
        }

        file.Position = 0;
        action(file);
    }

    private FileStream Lock()
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(folder.Path, FenceName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException) when (time.GetElapsedTime(started) < LockPatience)
            {
                // Another process holds the lock for the moment of a rename.
                Pause();
            }
        }
    }

    private void Pause()
    {
        using var over = new ManualResetEventSlim();
        using var timer = time.CreateTimer(_ => over.Set(), state: null, LockPause, Timeout.InfiniteTimeSpan);
        over.Wait();
    }

    private static int Read(FileStream file)
    {
        var content = new byte[file.Length];
        file.ReadExactly(content);
        try
        {
            return content.Length == 0 ? 0 : JsonSerializer.Deserialize(content, CheckpointJsonContext.Default.FenceRecord)?.Attempt ?? 0;
        }
        catch (JsonException)
        {
            // A crash tore it; whoever comes next may own the folder.
            return 0;
        }
    }
}
