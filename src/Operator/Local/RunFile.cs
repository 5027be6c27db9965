using System.Runtime.InteropServices;

namespace MhcOperator.Operator.Local;

/// <summary>
/// Files of a run's folder, which may have come from somebody else: nothing is read or written through a link, only plain files are opened, and
/// what is replaced is replaced as a whole, by way of a file with a random name.
/// </summary>
internal static partial class RunFile
{
    private enum Kind
    {
        Absent,
        File,
        Folder,
        Link,
        Other,
    }

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
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new byte[(int)Math.Min(file.Length, atMost + 1L)];
            file.ReadExactly(content);
            return content.Length <= atMost ? content : throw new IOException($"{path} has {file.Length} bytes; expected at most {atMost}");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether it is there, as a plain file.</summary>
    /// <exception cref="IOException">It is there as something else.</exception>
    public static bool ExpectPlain(string path) => Of(path) switch
    {
        Kind.File => true,
        Kind.Absent => false,
        var kind => throw new IOException($"{path}: expected a plain file, got {Words(kind)}; take it away, or name another folder"),
    };

    /// <summary>Makes a folder of the run, and those between, where they are not there yet.</summary>
    /// <exception cref="IOException">One of them is something else.</exception>
    public static void MakeFolder(string root, params ReadOnlySpan<string> names)
    {
        var folder = root;
        foreach (var name in names)
        {
            folder = Path.Combine(folder, PlainName(name));
            if (Of(folder) is var kind && kind is not (Kind.Absent or Kind.Folder))
            {
                throw new IOException($"{folder}: expected a folder, got {Words(kind)}; take it away, or name another folder");
            }
        }

        Directory.CreateDirectory(folder);
    }

    /// <summary>The name, which must not lead elsewhere.</summary>
    /// <exception cref="IOException">It does.</exception>
    public static string PlainName(string name) =>
        name.Length > 0 && name is not ("." or "..") && !name.AsSpan().ContainsAny('/', '\0')
            ? name
            : throw new IOException($"expected a plain name for a file of the run, got \"{name}\"");

    private static Kind Of(string path)
    {
        Span<byte> found = stackalloc byte[256];
        if (Stat(-100, path, NoFollow, TypeOnly, found) != 0)
        {
            return Kind.Absent;
        }

        return (BitConverter.ToUInt16(found[28..]) & 0xf000) switch
        {
            0x8000 => Kind.File,
            0x4000 => Kind.Folder,
            0xa000 => Kind.Link,
            _ => Kind.Other,
        };
    }

    private static string Words(Kind kind) => kind switch
    {
        Kind.File => "a file",
        Kind.Folder => "a folder",
        Kind.Link => "a link",
        _ => "a pipe or a device",
    };

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

    private const int NoFollow = 0x100;
    private const uint TypeOnly = 1;

    // The one call whose structure is alike on all processors: the type is in the two bytes at 28.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Stat(int folder, string path, int flags, uint mask, Span<byte> found);
}
