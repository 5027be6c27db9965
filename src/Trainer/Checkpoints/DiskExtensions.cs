namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Files that are on the disk when the call returns.</summary>
internal static class DiskExtensions
{
    /// <summary>Replaces a file's whole content at once: a reader sees the old or the new one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void WriteAtomically(this IDisk disk, string path, byte[] content) => disk.WriteAtomically(path, file => file.Write(content));

    /// <inheritdoc cref="WriteAtomically(IDisk, string, byte[])"/>
    public static void WriteAtomically(this IDisk disk, string path, Action<Stream> write)
    {
        var temporary = path + ".new";
        disk.Write(temporary, write);
        disk.Rename(temporary, path);
        disk.FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Writes a new file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(this IDisk disk, string path, byte[] content) => disk.Write(path, file => file.Write(content));

    private static void Write(this IDisk disk, string path, Action<Stream> write)
    {
        using var file = disk.Create(path);
        write(file);
        disk.Flush(file);
    }
}
