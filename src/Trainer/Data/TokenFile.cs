using System.Buffers.Binary;
using System.Globalization;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// One file of tokens, each 1, 2 or 4 bytes, little-endian, mapped into memory: the kernel keeps of it what is in use. Beyond the end of a
/// file that has shrunk a mapping holds zeros up to the end of the page, and after that kills the process, so the length is looked at
/// before each read.
/// </summary>
internal sealed unsafe class TokenFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly long _offset;
    private readonly long _size;
    private readonly MemoryMappedFile? _map; // null: an empty file cannot be mapped
    private readonly MemoryMappedViewAccessor? _view;
    private readonly byte* _bytes;

    private TokenFile(string path, SafeFileHandle handle, TokenFileFormat format)
    {
        (Path, _handle, _offset, BytesPerToken, Length) = (path, handle, format.Offset, format.BytesPerToken, format.Tokens);
        _size = _offset + (Length * BytesPerToken);
        if (Length > 0)
        {
            _map = MemoryMappedFile.CreateFromFile(handle, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _map.CreateViewAccessor(0, _size, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _bytes);
        }
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>1, 2 or 4.</summary>
    public int BytesPerToken { get; }

    /// <summary>Tokens in the file.</summary>
    public long Length { get; }

    /// <summary>Opens a file whose bytes are the tokens, from the first to the last.</summary>
    /// <exception cref="TrainerException">The file cannot be opened.</exception>
    public static TokenFile OpenBytes(string path) => Open(path, handle => new TokenFileFormat(Offset: 0, BytesPerToken: 1, RandomAccess.GetLength(handle)));

    /// <summary>Opens a file of token numbers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabulary">Token numbers are under this.</param>
    /// <exception cref="TrainerException">The file cannot be opened, or its size does not fit its format.</exception>
    public static TokenFile OpenTokens(string path, int vocabulary) => Open(path, handle => TokenFileFormat.Detect(path, handle, vocabulary));

    /// <summary>Reads tokens.</summary>
    /// <param name="position">First token, at least 0.</param>
    /// <param name="tokens">[count], filled; position + count is at most <see cref="Length"/>.</param>
    /// <exception cref="TrainerException">The file has become shorter.</exception>
    public void Read(long position, Span<long> tokens)
    {
        var bytes = Bytes(_offset + (position * BytesPerToken), tokens.Length * BytesPerToken);
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = BytesPerToken switch
            {
                1 => bytes[i],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * 2)..]),
                _ => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * 4)..]),
            };
        }
    }

    /// <summary>Bytes of the file, to be used at once.</summary>
    /// <param name="offset">First byte, at least 0.</param>
    /// <param name="count">offset + count is at most the file's size.</param>
    /// <exception cref="TrainerException">The file has become shorter.</exception>
    public ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _size - count);
        var size = RandomAccess.GetLength(_handle);
        return offset + count <= size
            ? new ReadOnlySpan<byte>(_bytes + offset, count)
            : throw TrainerException.DataUnreadable(string.Create(CultureInfo.InvariantCulture, $"data file {Path}: bytes {offset} to {offset + count - 1} were expected, but it has only {size} now, and {_size} when it was opened; training data must not change"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_view is not null)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _map!.Dispose();
        }

        _handle.Dispose();
    }

    private static TokenFile Open(string path, Func<SafeFileHandle, TokenFileFormat> detect)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
            return new TokenFile(path, handle, detect(handle));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            handle?.Dispose();
            throw TrainerException.DataUnreadable($"data file {path}: cannot be opened: {e.Message}", e);
        }
        catch
        {
            handle?.Dispose();
            throw;
        }
    }
}
