namespace MhcOperator.Trainer.Files;

/// <summary>Files that are on the disk when the call returns.</summary>
internal static class DiskExtensions
{
    /// <summary>Replaces a file's whole content at once: a reader sees the old or the new one.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void WriteAtomically(this IDisk disk, string path, byte[] content) =>
        disk.WriteAtomically(path, file => file.Write(content));

    /// <inheritdoc cref="WriteAtomically(IDisk, string, byte[])"/>
    public static void WriteAtomically(this IDisk disk, string path, Action<Stream> write)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.new"; // a name that nobody can have laid out something under
        try
        {
            disk.Write(temporary, write);
            disk.Rename(temporary, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(temporary);
            throw;
        }

        disk.FlushFolder(Path.GetDirectoryName(path)!);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return; // what matters has been thrown already
        }
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
