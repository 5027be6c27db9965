namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Small files that are on the disk when the call returns.</summary>
internal static class DiskExtensions
{
    /// <summary>Replaces a file's whole content at once: a reader sees the old or the new one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void WriteAtomically(this IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".new";
        disk.Write(temporary, content);
        disk.Rename(temporary, path);
        disk.FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Writes a new file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(this IDisk disk, string path, ReadOnlySpan<byte> content)
    {
        using var file = disk.Create(path);
        file.Write(content);
        disk.Flush(file);
    }
}
