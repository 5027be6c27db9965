using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Files that are on the disk when the call returns: .NET can flush a file, but not the folder that names it.</summary>
internal static partial class DurableFiles
{
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    /// <summary>Replaces a file's whole content at once: a reader sees the old or the new one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void WriteAtomically(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".new";
        Write(temporary, content);
        File.Move(temporary, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Writes a new file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Makes the names in a folder durable.</summary>
    /// <exception cref="IOException">The folder cannot be opened or flushed.</exception>
    public static void SyncFolder(string folder)
    {
        var descriptor = Open(folder, ReadOnly | CloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"{folder}: cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var failed = FSync(descriptor) != 0;
        var message = failed ? Marshal.GetLastPInvokeErrorMessage() : "";
        _ = Close(descriptor);
        if (failed)
        {
            throw new IOException($"{folder}: cannot be flushed: {message}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
