using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MhcOperator.Trainer.Files;

/// <summary>The file system itself. .NET can flush a file, but not the folder that names it.</summary>
internal sealed partial class Disk : IDisk
{
    /// <summary>The only one.</summary>
    public static readonly Disk Instance = new();

    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private const int WouldBlock = 11;

    private Disk()
    {
    }

    /// <summary>Takes a file for this process alone, as all do who ask for it so.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    public static void Lock(FileStream file, string path)
    {
        // Where a file system has no locks, there is none.
        if (FLock(file.SafeFileHandle, Exclusive | NonBlocking) != 0 && Marshal.GetLastPInvokeError() == WouldBlock)
        {
            throw new IOException($"{path}: another process has it for the moment");
        }
    }

    /// <inheritdoc/>
    public void CreateFolder(string path) => Directory.CreateDirectory(path);

    /// <inheritdoc/>
    public Stream Create(string path) => new DiskFile(path);

    /// <inheritdoc/>
    public void Flush(Stream file) => ((DiskFile)file).FlushToDisk();

    /// <inheritdoc/>
    public void FlushFolder(string path)
    {
        var descriptor = OpenForReading(path);
        var failed = FSync(descriptor) != 0;
        var message = failed ? Marshal.GetLastPInvokeErrorMessage() : "";
        _ = Close(descriptor);
        if (failed)
        {
            throw new IOException($"{path}: cannot be flushed: {message}");
        }
    }

    /// <inheritdoc/>
    public void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <inheritdoc/>
    public void RenameFolder(string from, string to) => Directory.Move(from, to);

    /// <inheritdoc/>
    public void DeleteFolder(string path) => Directory.Delete(path, recursive: true);

    private static int OpenForReading(string path) => Open(path, ReadOnly | CloseOnExec) is >= 0 and var descriptor
        ? descriptor
        : throw new IOException($"{path}: cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
