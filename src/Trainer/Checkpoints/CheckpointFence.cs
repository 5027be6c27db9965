using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Files;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Keeps a late process of an older attempt from writing into the folder of a newer one. The folder's fence file holds the newest attempt
/// that claimed it. A claim, and everything that changes what the attempts share (a checkpoint's name, its health, its deletion), happens
/// under a lock on that file and only after it was read. What a process has read there it may rely on for <see cref="LeaseLength"/>: see
/// <see cref="FolderWatch"/>.
/// </summary>
/// <param name="folder">Guarded folder.</param>
/// <param name="attempt">This process's attempt.</param>
/// <param name="time">Clock of the lease and of the waiting for the lock.</param>
/// <param name="jobSince">When this process's job was made, in seconds since 1970; 0: nobody said.</param>
internal sealed class CheckpointFence(CheckpointFolder folder, int attempt, TimeProvider time, long jobSince = 0)
{
    /// <summary>How long a process may rely on what it has read, by its own clock, from before it read.</summary>
    public static readonly TimeSpan LeaseLength = TimeSpan.FromSeconds(30);

    private const string FenceName = ".attempt.json";
    private const int LongestRecord = 1 << 16;
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LockPatience = TimeSpan.FromSeconds(10);

    private readonly FenceRecord _self = new(attempt, jobSince);
    private readonly string _path = Path.Combine(folder.Path, FenceName);
    private long _readAt = long.MinValue;

    /// <summary>Makes this attempt the owner: no process of an older one begins to write any more.</summary>
    /// <exception cref="TrainerException">A newer attempt has claimed the folder.</exception>
    public void Take() => UnderLock((file, owner) =>
    {
        if (owner == _self)
        {
            return;
        }

        // One write of a few bytes, and never shorter than what was there: a process that is killed leaves the old number or the new one.
        file.Write(JsonSerializer.SerializeToUtf8Bytes(_self, CheckpointJsonContext.Default.FenceRecord));
        file.SetLength(file.Position);
        file.Flush(flushToDisk: true);
    });

    /// <summary>Does something that only the owner may do.</summary>
    /// <exception cref="TrainerException">A newer attempt has claimed the folder.</exception>
    public void WhileOwner(Action action) => UnderLock((_, _) => action());

    /// <summary>Reads the fence, and so renews the lease, unless it cannot be read now.</summary>
    /// <exception cref="TrainerException">A newer attempt has claimed the folder.</exception>
    public void Look()
    {
        var began = time.GetTimestamp();
        FenceRecord? owner;
        try
        {
            // whoever holds the lock may do so for as long as it takes to delete a checkpoint
            owner = Parse(RegularFile.ReadAllBytes(_path, LongestRecord));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return;
        }

        if (owner is { } known)
        {
            Renew(known, began);
        }
    }

    /// <summary>To be called before something is written for which the lock would be held too long.</summary>
    /// <exception cref="IOException">The lease has run out: the fence has not been read for so long that a newer attempt may own the folder
    /// by now.</exception>
    /// <exception cref="TrainerException">A newer attempt has claimed the folder.</exception>
    public void Demand()
    {
        if (!IsHeld())
        {
            Look(); // the folder may answer again
        }

        if (!IsHeld())
        {
            throw new IOException(
                FormattableString.Invariant(
                    $"{_path} has not been read for {LeaseLength.TotalSeconds} s, and a newer attempt may own the folder by now"));
        }
    }

    private bool IsHeld()
    {
        var readAt = Interlocked.Read(ref _readAt);
        return readAt != long.MinValue && time.GetElapsedTime(readAt) < LeaseLength;
    }

    private void UnderLock(Action<FileStream, FenceRecord?> action)
    {
        using var file = Lock();
        var began = time.GetTimestamp();
        // A crash tore it; whoever comes next may own the folder.
        var owner = Read(file);
        Renew(owner ?? _self, began);
        file.Position = 0;
        action(file, owner);
    }

    private void Renew(FenceRecord owner, long began)
    {
        if (owner.IsNewerThan(_self))
        {
            var newer = owner.JobSince > jobSince ? " of a newer job" : "";
            throw TrainerException.TryAgain(EndReason.Superseded,
                $"attempt {owner.Attempt}{newer} owns the checkpoint folder {folder.Path}; attempt {attempt} must not write there any more")
                    .OfAll();
        }

        Interlocked.Exchange(ref _readAt, began);
    }

    private FileStream Lock()
    {
        var started = time.GetTimestamp();
        while (true)
        {
            FileStream? file = null;
            try
            {
                file = RegularFile.OpenOrCreate(_path);
                Disk.Lock(file, _path);
                return file;
            }
            catch (InvalidDataException e)
            {
                throw TrainerException.Configuration(EndReason.CheckpointFolderNotWritable,
                    $"checkpoint folder {folder.Path} (MHC_CHECKPOINT_DIR): {e.Message}", e);
            }
            catch (IOException) when (time.GetElapsedTime(started) < LockPatience)
            {
                // Another process holds the lock for the moment of a rename.
                file?.Dispose();
                time.Wait(LockPause);
            }
            catch
            {
                file?.Dispose();
                throw;
            }
        }
    }

    private static FenceRecord? Read(FileStream file)
    {
        if (file.Length > LongestRecord)
        {
            return null;
        }

        var content = new byte[file.Length];
        file.ReadExactly(content);
        return Parse(content);
    }

    /// <summary>Null: it is empty or torn, or no trainer has written it.</summary>
    private static FenceRecord? Parse(byte[] content)
    {
        try
        {
            return content.Length > 0
                && JsonSerializer.Deserialize(content, CheckpointJsonContext.Default.FenceRecord) is { } record
                && TrainerEnvironment.IsAttempt(record.Attempt) && TrainerEnvironment.IsJobSince(record.JobSince)
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
