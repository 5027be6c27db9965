using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Failures;
using Microsoft.Win32.SafeHandles;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// One file of tokens, each 1, 2 or 4 bytes, little-endian. It is read and not mapped: a file that shrinks ends a read early, and would end
/// the process under a mapping; and a machine has no more than 65,530 mappings for a process, and few open files.
/// </summary>
internal sealed class TokenFile
{
    private readonly OpenFiles _open;
    private readonly FileStatus _status; // when it was first opened

    private TokenFile(string path, OpenFiles open, FileStatus status, TokenFileFormat format) =>
        (Path, _open, _status, Format) = (path, open, status, format);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Where its tokens are.</summary>
    public TokenFileFormat Format { get; }

    /// <summary>Tokens in the file.</summary>
    public long Length => Format.Tokens;

    /// <summary>A file whose bytes are the tokens, from the first to the last.</summary>
    /// <param name="path">The file.</param>
    /// <param name="open">Keeps it open while there is room.</param>
    /// <exception cref="TrainerException">The file cannot be opened.</exception>
    public static TokenFile OfBytes(string path, OpenFiles open) =>
        Create(path, open, size => new TokenFileFormat(Offset: 0, BytesPerToken: 1, size));

    /// <summary>A file of token numbers.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabulary">Token numbers are under this.</param>
    /// <param name="open">Keeps it open while there is room.</param>
    /// <exception cref="TrainerException">The file cannot be opened, or does not hold such numbers.</exception>
    public static TokenFile OfTokens(string path, int vocabulary, OpenFiles open) =>
        Create(path, open, size => TokenFileFormat.Detect(OfBytes(path, open), vocabulary));

    /// <summary>Reads tokens.</summary>
    /// <param name="position">First token, at least 0.</param>
    /// <param name="tokens">[count], filled; position + count is at most <see cref="Length"/>.</param>
    /// <exception cref="TrainerException">The file has changed, or cannot be read.</exception>
    public void Read(long position, Span<long> tokens)
    {
        var count = tokens.Length * Format.BytesPerToken;
        var buffer = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            var bytes = buffer.AsSpan(0, count);
            ReadBytes(Format.Offset + (position * Format.BytesPerToken), bytes);
            switch (Format.BytesPerToken)
            {
                case 1:
                    Widen<byte>(bytes, tokens);
                    break;
                case 2:
                    Widen<ushort>(MemoryMarshal.Cast<byte, ushort>(bytes), tokens);
                    break;
                default:
                    Widen<uint>(MemoryMarshal.Cast<byte, uint>(bytes), tokens);
                    break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads bytes, whatever they mean.</summary>
    /// <param name="offset">First byte, at least 0.</param>
    /// <param name="bytes">[count], filled; offset + count is at most the file's size.</param>
    /// <exception cref="TrainerException">The file has changed, or cannot be read.</exception>
    public void ReadBytes(long offset, Span<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, _status.Size - bytes.Length);
        try
        {
            using var lease = _open.Take(Path, OpenAgain);
            for (var read = 0; read < bytes.Length;)
            {
                var part = RandomAccess.Read(lease.Handle, bytes[read..], offset + read);
                read += part > 0
                    ? part
                    : throw Changed(
                        string.Create(CultureInfo.InvariantCulture,
                            $"bytes {offset} to {offset + bytes.Length - 1} were expected, but it has only {RandomAccess.GetLength(lease.Handle)} now, and {_status.Size} when it was opened"));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DataFailure.Of(Path, e);
        }
    }

    private static TokenFile Create(string path, OpenFiles open, Func<long, TokenFileFormat> detect)
    {
        FileStatus status;
        try
        {
            using var lease = open.Take(path, () => RegularFile.OpenNamed(path).Handle);
            status = RegularFile.Look(lease.Handle);
        }
        catch (IOException e)
        {
            throw DataFailure.Of(path, e);
        }

        return new TokenFile(path, open, status, detect(status.Size));
    }

    private static void Widen<T>(ReadOnlySpan<T> numbers, Span<long> tokens)
        where T : unmanaged, System.Numerics.INumber<T>
    {
        for (var i = 0; i < numbers.Length; i++)
        {
            tokens[i] = long.CreateTruncating(numbers[i]);
        }
    }

    /// <summary>A file that was closed for want of room may be another one by now.</summary>
    private SafeFileHandle OpenAgain()
    {
        var (handle, status) = RegularFile.OpenNamed(Path);
        if ((status.Size, status.ModifiedSeconds, status.ModifiedNanoseconds) == (_status.Size, _status.ModifiedSeconds,
            _status.ModifiedNanoseconds))
        {
            return handle;
        }

        handle.Dispose();
        throw Changed(
            string.Create(CultureInfo.InvariantCulture,
                $"it was changed or replaced after it was opened ({_status.Size} bytes then, {status.Size} now)"));
    }

    private TrainerException Changed(string what) =>
        TrainerException.DataUnreadable($"data file {Path}: {what}; training data must not change");
}
