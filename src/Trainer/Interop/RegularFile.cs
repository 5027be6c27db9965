using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// Opens files that can be read at any place and again. A pipe, a socket or a device can do neither, and opening one may wait for ever, so
/// the kind is looked at before and, without waiting, after the file is opened.
/// </summary>
internal static partial class RegularFile
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint BasicStatus = 0x7ff; // STATX_BASIC_STATS
    private const int ReadOnly = 0; // O_RDONLY
    private const int NoTerminal = 0x100; // O_NOCTTY
    private const int NoWaiting = 0x800; // O_NONBLOCK
    private const int NotInherited = 0x80000; // O_CLOEXEC
    private const int NotFound = 2; // ENOENT
    private const int SetFlags = 4; // F_SETFL

    /// <summary>What a path leads to; links are followed.</summary>
    /// <exception cref="IOException">It leads nowhere, or cannot be looked at; HResult is the system's error number.</exception>
    public static FileStatus Look(string path) => StatusOf(CurrentFolder, path, flags: 0);

    /// <summary>What a path leads to; null where it leads nowhere.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static FileStatus? Find(string path)
    {
        try
        {
            return Look(path);
        }
        catch (IOException e) when (e.HResult == NotFound)
        {
            return null;
        }
    }

    /// <summary>An open file.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static FileStatus Look(SafeFileHandle file) => StatusOf((int)file.DangerousGetHandle(), "", EmptyPath);

    /// <summary>Opens a regular file for reading.</summary>
    /// <exception cref="IOException">It cannot be opened, or is no regular file; HResult is the system's error number, if it is
    /// one.</exception>
    public static (SafeFileHandle Handle, FileStatus Status) Open(string path)
    {
        Refuse(Look(path));
        var handle = new SafeFileHandle(OpenFile(path, ReadOnly | NoTerminal | NoWaiting | NotInherited), ownsHandle: true);
        try
        {
            if (handle.IsInvalid)
            {
                throw LastError();
            }

            var status = Look(handle);
            Refuse(status);
            _ = Control((int)handle.DangerousGetHandle(), SetFlags, 0); // what was only for opening
            return (handle, status);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private static void Refuse(FileStatus status)
    {
        if (!status.IsFile)
        {
            throw new IOException($"it is {status.Words}, and a regular file was expected: data is read again and at any place");
        }
    }

    private static unsafe FileStatus StatusOf(int folder, string path, int flags)
    {
        var status = stackalloc byte[256]; // struct statx
        if (StatusOf(folder, path, flags, BasicStatus, status) != 0)
        {
            throw LastError();
        }

        return new FileStatus(*(ushort*)(status + 28), *(long*)(status + 40), *(long*)(status + 112), *(uint*)(status + 120));
    }

    private static IOException LastError()
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException(Marshal.GetPInvokeErrorMessage(error), error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatusOf(int folder, string path, int flags, uint mask, byte* status);
}
