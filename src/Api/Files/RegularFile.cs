using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MhcOperator.Api.Files;

/// <summary>
/// Looks at and opens files of folders that somebody else may have filled, such as a downloaded run: a name there may be a link to
/// anywhere, a pipe for which one would wait for ever, or a device without an end. Nothing but a regular file is opened, and never is one
/// waited for.
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
    private const int CurrentFolder = -100;
    private const int EmptyPath = 0x1000;
    private const int LinkItself = 0x100;
    private const uint BasicStatus = 0x7ff;
    private const int StatusBytes = 256;
    private const int SetFlags = 4;
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
            throw new InvalidDataException(
                string.Create(CultureInfo.InvariantCulture, $"{path} has {length} bytes; at most {most} were expected"));
        }

        return Content(file, length);
    }

    /// <summary>Opens a file that the user named, for reading; links are followed.</summary>
    /// <exception cref="IOException">It cannot be opened, or is no regular file; HResult is the system's error number, if it is
    /// one.</exception>
    public static (SafeFileHandle Handle, FileStatus Status) OpenNamed(string path)
    {
        Expect(Look(path)); // before it is opened: that alone can have an effect on a device
        var handle = OpenHandle(path, 0, out var error);
        try
        {
            var status = handle.IsInvalid ? throw SystemError(error) : Look(handle);
            Expect(status);
            _ = Control((int)handle.DangerousGetHandle(), SetFlags, 0); // what was only for opening
            return (handle, status);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The content of a small file that the user named; links are followed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">Bytes that it may have.</param>
    /// <exception cref="IOException">It cannot be read, is no regular file, or is larger.</exception>
    public static byte[] ReadNamed(string path, int most)
    {
        var (handle, status) = OpenNamed(path);
        using var file = new FileStream(handle, FileAccess.Read, bufferSize: 0);
        if (status.Size > most)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"it has {status.Size} bytes; at most {most} were expected"));
        }

        return Content(file, status.Size);
    }

    /// <summary>What a path leads to; links are followed.</summary>
    /// <exception cref="IOException">It leads nowhere, or cannot be looked at; HResult is the system's error number.</exception>
    public static FileStatus Look(string path) => StatusOf(CurrentFolder, path, flags: 0);

    /// <summary>An open file.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static FileStatus Look(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return StatusOf((int)file.DangerousGetHandle(), "", EmptyPath);
    }

    /// <summary>What is at a path; null where there is nothing.</summary>
    /// <param name="path">The path.</param>
    /// <param name="follow">Whether a link there is followed.</param>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static FileStatus? Find(string path, bool follow = true)
    {
        try
        {
            return StatusOf(CurrentFolder, path, follow ? 0 : LinkItself);
        }
        catch (IOException e) when (e.HResult is NoEntry or NotAFolder)
        {
            return null;
        }
    }

    /// <summary>Whether a text can name a file in a folder, and nothing outside of it.</summary>
    public static bool IsPlainName([NotNullWhen(true)] string? name) =>
        name is { Length: > 0 and <= 255 } and not "." and not ".." && !name.AsSpan().Contains('/')
            && !name.AsSpan().ContainsAnyInRange('\0', '\u001f');

    private static byte[] Content(FileStream file, long length)
    {
        var content = new byte[length];
        return content[..file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false)];
    }

    private static SafeFileHandle Open(string path, int flags)
    {
        var handle = OpenHandle(path, flags | NoFollow, out var error);
        if (handle.IsInvalid)
        {
            handle.Dispose();
            throw Failure(path, error);
        }

        if (!Look(handle).IsFile)
        {
            handle.Dispose();
            throw NotRegular(path);
        }

        return handle;
    }

    private static SafeFileHandle OpenHandle(string path, int flags, out int error)
    {
        const int everybody = 0x1B6; // 0666, less the process's mask
        var handle = new SafeFileHandle(OpenFile(path, flags | NonBlocking | NoTerminal | CloseOnExec, everybody), ownsHandle: true);
        error = handle.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        return handle;
    }

    private static void Expect(FileStatus status)
    {
        if (!status.IsFile)
        {
            throw new IOException($"it is {status.Words}, and a regular file was expected, which has an end and can be read again");
        }
    }

    private static FileStatus StatusOf(int folder, string path, int flags)
    {
        // The one call whose structure is alike on all processors.
        Span<byte> status = stackalloc byte[StatusBytes];
        return Status(folder, path, flags, BasicStatus, status) == 0
            ? new FileStatus(
                MemoryMarshal.Read<ushort>(status[28..]),
                MemoryMarshal.Read<long>(status[40..]),
                MemoryMarshal.Read<long>(status[112..]),
                MemoryMarshal.Read<uint>(status[120..]),
                MemoryMarshal.Read<ulong>(status[32..]),
                MemoryMarshal.Read<ulong>(status[136..]))
            : throw SystemError(Marshal.GetLastPInvokeError());
    }

    private static IOException SystemError(int error) => new(Marshal.GetPInvokeErrorMessage(error), error);

    private static InvalidDataException NotRegular(string path) =>
        new($"{path} is no regular file; a link, a pipe, a device or a folder is not read");

    private static Exception Failure(string path, int error) => error switch
    {
        TooManyLinks or NoSuchDevice or IsAFolder => NotRegular(path),
        NoEntry or NotAFolder => new FileNotFoundException($"{path} is missing", path),
        AccessDenied => new UnauthorizedAccessException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}"),
        _ => new IOException($"{path}: cannot be opened: {Marshal.GetPInvokeErrorMessage(error)}", error),
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(int folder, string path, int flags, uint wanted, Span<byte> status);
}
