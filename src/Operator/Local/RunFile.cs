using MhcOperator.Api.Errors;
using MhcOperator.Api.Files;

namespace MhcOperator.Operator.Local;

/// <summary>
/// Files of a run's folder, which may have come from somebody else: nothing is read or written through a link, only plain files are opened,
/// and what is replaced is replaced as a whole, by way of a file with a random name.
/// </summary>
internal static class RunFile
{
    /// <summary>Writes it whole: a crash leaves the old one or the new one. A link in its place is replaced, not followed.</summary>
    /// <exception cref="IOException">It cannot be written; the message names it.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var aside = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(content);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            DeleteAside(aside);
            throw new IOException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Reads it; null where there is none.</summary>
    /// <exception cref="IOException">It is no plain file, is longer, or cannot be read; the message names it.</exception>
    public static byte[]? Read(string path, int atMost)
    {
        if (!ExpectPlain(path))
        {
            return null;
        }

        try
        {
            return RegularFile.ReadAllBytes(path, atMost);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or InvalidDataException)
        {
            throw new IOException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether it is there, as a plain file.</summary>
    /// <exception cref="IOException">It is there as something else.</exception>
    public static bool ExpectPlain(string path) => RegularFile.Find(path, follow: false) switch
    {
        null => false,
        { IsFile: true } => true,
        { } other => throw new IOException($"{path}: expected a plain file, got {other.Words}; take it away, or name another folder"),
    };

    /// <summary>Makes a folder of the run, and those between, where they are not there yet.</summary>
    /// <exception cref="IOException">One of them is something else.</exception>
    public static void MakeFolder(string root, params ReadOnlySpan<string> names)
    {
        var folder = root;
        foreach (var name in names)
        {
            folder = Path.Combine(folder, PlainName(name));
            if (RegularFile.Find(folder, follow: false) is { IsFolder: false } other)
            {
                throw new IOException($"{folder}: expected a folder, got {other.Words}; take it away, or name another folder");
            }
        }

        Directory.CreateDirectory(folder);
    }

    /// <summary>The name, which must not lead elsewhere.</summary>
    /// <exception cref="IOException">It does.</exception>
    public static string PlainName(string name) =>
        RegularFile.IsPlainName(name)
            ? name
            : throw new IOException($"expected a plain name for a file of the run, got \"{PrintableText.Line(name)}\"");

    private static void DeleteAside(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is small, and its name is in nobody's way.
            return;
        }
    }
}
