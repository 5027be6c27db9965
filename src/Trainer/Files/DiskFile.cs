using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MhcOperator.Trainer.Files;

/// <summary>
/// A new file. Full blocks go to the disk at once and past the kernel's page cache, where the file system allows it (O_DIRECT): through the
/// cache a checkpoint costs several times the processor time, which training needs, and pushes out what others have there.
/// </summary>
internal sealed unsafe partial class DiskFile : WriteOnlyStream
{
    private const int BlockBytes = 8 << 20;
    private const nuint Alignment = 4096;
    private const int GetFlags = 3; // F_GETFL
    private const int SetFlags = 4; // F_SETFL
    private const int Direct = 0x4000; // O_DIRECT on x86-64

    private readonly SafeFileHandle _file;
    private readonly byte* _block = (byte*)NativeMemory.AlignedAlloc(BlockBytes, Alignment);
    private long _sent; // full blocks, in bytes
    private int _filled; // of the block after them
    private bool _direct = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private bool _disposed;

    /// <summary>Begins a file in place of one that is there. A link of that name goes, and nothing is written through it.</summary>
    public DiskFile(string path)
        : base(Null)
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            File.Delete(path);
        }

        _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None);
    }

    /// <inheritdoc/>
    public override long Length => _sent + _filled;

    /// <inheritdoc/>
    public override long Position
    {
        get => Length;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (buffer.Length > 0)
        {
            var count = Math.Min(buffer.Length, BlockBytes - _filled);
            buffer[..count].CopyTo(new Span<byte>(_block + _filled, count));
            buffer = buffer[count..];
            _filled += count;
            if (_filled == BlockBytes)
            {
                SendBlock();
            }
        }
    }

    /// <summary>Returns when everything is on the disk.</summary>
    public void FlushToDisk()
    {
        if (_filled > 0)
        {
            // A part of a block cannot go past the cache.
            _ = TrySetDirect(false);
            RandomAccess.Write(_file, new ReadOnlySpan<byte>(_block, _filled), _sent);
        }

        RandomAccess.FlushToDisk(_file);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _file.Dispose();
            NativeMemory.AlignedFree(_block);
        }

        base.Dispose(disposing);
    }

    private void SendBlock()
    {
        _direct = _direct && TrySetDirect(true);
        var block = new ReadOnlySpan<byte>(_block, BlockBytes);
        try
        {
            RandomAccess.Write(_file, block, _sent);
        }
        catch (IOException) when (_direct)
        {
            // Some file systems take the flag and refuse the block.
            _direct = false;
            _ = TrySetDirect(false);
            RandomAccess.Write(_file, block, _sent);
        }

        _sent += BlockBytes;
        _filled = 0;
    }

    private bool TrySetDirect(bool direct) =>
        Control(_file, GetFlags, 0) is >= 0 and var flags && Control(_file, SetFlags, direct ? flags | Direct : flags & ~Direct) >= 0;

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeFileHandle file, int command, int argument);
}
