using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// One file of tokens, each 1, 2 or 4 bytes, little-endian. It is read with pread and not mapped: a file that shrinks under a mapping
/// kills the process with SIGBUS, a short read can be reported.
/// </summary>
internal sealed class TokenFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly long _offset;

    private TokenFile(string path, SafeFileHandle handle, long offset, int bytesPerToken, long length) =>
        (Path, _handle, _offset, BytesPerToken, Length) = (path, handle, offset, bytesPerToken, length);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>1, 2 or 4.</summary>
    public int BytesPerToken { get; }

    /// <summary>Tokens in the file.</summary>
    public long Length { get; }

    /// <summary>Opens a file whose bytes are the tokens, from the first to the last.</summary>
    /// <exception cref="TrainerException">The file cannot be opened.</exception>
    public static TokenFile OpenBytes(string path)
    {
        var handle = Open(path);
        return new TokenFile(path, handle, offset: 0, bytesPerToken: 1, RandomAccess.GetLength(handle));
    }

    /// <summary>Opens a file of token numbers.</summary>
    /// <exception cref="TrainerException">The file cannot be opened, or its size does not fit its format.</exception>
    public static TokenFile OpenTokens(string path)
    {
        var handle = Open(path);
        try
        {
            var format = TokenFileFormat.Detect(path, handle);
            return new TokenFile(path, handle, format.Offset, format.BytesPerToken, format.Tokens);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads tokens.</summary>
    /// <param name="position">First token, at least 0.</param>
    /// <param name="tokens">[count], filled; position + count is at most <see cref="Length"/>.</param>
    /// <exception cref="TrainerException">The file cannot be read, or has become shorter.</exception>
    public void Read(long position, Span<long> tokens)
    {
        var size = tokens.Length * BytesPerToken;
        var rented = ArrayPool<byte>.Shared.Rent(size);
        var bytes = rented.AsSpan(0, size);
        ReadBytes(_offset + (position * BytesPerToken), bytes);
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = BytesPerToken switch
            {
                1 => bytes[i],
                2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(i * 2)..]),
                _ => BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * 4)..]),
            };
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Reads raw bytes from an offset in the file; all of them or an error.</summary>
    public void ReadBytes(long offset, Span<byte> bytes)
    {
        try
        {
            var done = 0;
            while (done < bytes.Length)
            {
                var read = RandomAccess.Read(_handle, bytes[done..], offset + done);
                if (read == 0)
                {
                    throw TrainerException.DataUnreadable($"data file {Path}: it ends at byte {offset + done}, but had {Length * BytesPerToken + _offset} bytes when training began; training data must not change");
                }

                done += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.DataUnreadable($"data file {Path}: cannot be read: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static SafeFileHandle Open(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.RandomAccess);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.DataUnreadable($"data file {path}: cannot be opened: {e.Message}", e);
        }
    }
}
