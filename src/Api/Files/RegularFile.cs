using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MhcOperator.Api.Files;

/// <summary>
/// Opens files of folders that somebody else may have filled, such as a downloaded run: a name there may be a link to anywhere, a pipe for which
/// one would wait for ever, or a device without an end. Nothing but a regular file of this very name is opened.
/// </summary>
public static partial class RegularFile
{
    // Of Linux on x86-64.
    private const int NoFollow = 0x20000;
    private const int NonBlocking = 0x800; // only until it is known what it is: a regular file never blocks
    private const int NoTerminal = 0x100;
    private const int CloseOnExec = 0x80000;
    private const int Create = 0x40;
    private const int Append = 0x400;
    private const int WriteOnly = 1;
    private const int ReadWrite = 2;
    private const int EmptyPath = 0x1000;
    private const int TypeMask = 1;
    private const int StatusBytes = 256;
    private const int ModeOffset = 28;
    private const int FileTypeBits = 0xF000;
    private const int RegularType = 0x8000;
    private const int NoEntry = 2;
    private const int NoSuchDevice = 6;
    private const int AccessDenied = 13;
    private const int NotAFolder = 20;
    private const int IsAFolder = 21;
    private const int TooManyLinks = 40;

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="InvalidDataException">It is no regular file.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static FileStream OpenRead(string path) => new(Open(path, 0), FileAccess.Read, bufferSize: 0);

    /// <summary>Opens a file for reading and writing, and makes it where it is not there. Other processes may hold it open.</summary>
    /// <exception cref="InvalidDataException">It is no regular file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static FileStream OpenOrCreate(string path) => new(Open(path, ReadWrite | Create), FileAccess.ReadWrite, bufferSize: 0);

    /// <summary>Opens a file to add to its end, and makes it where it is not there.</summary>
    /// <exception cref="InvalidDataException">It is no regular file.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static FileStream OpenAppend(string path) => new(Open(path, WriteOnly | Create | Append), FileAccess.Write, bufferSize: 0);

    /// <summary>The content of a small file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Bytes that it may have.</param>
    /// <exception cref="InvalidDataException">It is no regular file, or is larger.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, int most)
    {
        using var file = OpenRead(path);
        var length = file.Length;
        if (length > most)
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{path} has {length} bytes; at most {most} were expected"));
        }

        var content = new byte[length];
        return content[..file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)];
    }

    /// <summary>Whether a text can name a file in a folder, and nothing outside of it.</summary>
    public static bool IsPlainName([NotNullWhen(true)] string? name) =>
        name is { Length: > 0 and <= 255 } and not "." and not ".." && !name.AsSpan().ContainsAny('/', '\0') && !name.AsSpan().ContainsAnyInRange('\u0001', '\u001f');

    private static SafeFileHandle Open(string path, int flags)
    {
        const int everybody = 0x1B6; // 0666, less the process's mask
        var descriptor = OpenFile(path, flags | NoFollow | NonBlocking | NoTerminal | CloseOnExec, everybody);
        if (descriptor < 0)
        {
            throw Failure(path, Marshal.GetLastPInvokeError());
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<byte> status = stackalloc byte[StatusBytes];
        if (Status(descriptor, "", EmptyPath, TypeMask, status) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw Failure(path, error);
        }

        if ((MemoryMarshal.Read<ushort>(status[ModeOffset..]) & FileTypeBits) != RegularType)
        {
            handle.Dispose();
            throw NotRegular(path);
        }

        return handle;
    }

    private static InvalidDataException NotRegular(string path) => new($"{path} is no regular file; a link, a pipe, a device or a folder is not read");

    private static Exception Failure(string path, int error) => error switch
    {
        TooManyLinks or NoSuchDevice or IsAFolder => NotRegular(path),
        NoEntry or NotAFolder => new FileNotFoundException($"{path} is missing", path),
        AccessDenied => new UnauthorizedAccessException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}"),
        _ => new IOException($"{path}: cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}"),
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint wanted, Span<byte> status);
}
