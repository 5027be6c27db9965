using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Data;

/// <summary>How token numbers lie in a file: plain numbers as nanoGPT writes them, or after the header of llm.c, 256 int32: magic, version, tokens, zeros.</summary>
/// <param name="Offset">Byte of the first token.</param>
/// <param name="BytesPerToken">1, 2 or 4.</param>
/// <param name="Tokens">How many there are.</param>
internal readonly record struct TokenFileFormat(long Offset, int BytesPerToken, long Tokens)
{
    /// <summary>Bytes of llm.c's header.</summary>
    public const int HeaderBytes = 1024;

    private const int LargestUInt16Vocabulary = 65536;
    private const int LookedAt = 4096;
    private const int FewestToJudge = 16;

    private static readonly (int Magic, int Version, int BytesPerToken)[] Headers = [(20240520, 1, 2), (20240801, 7, 4)];

    /// <summary>
    /// Tells the format by the header. A file without one holds uint16 or uint32 as its name says, <c>*.u16.bin</c> or <c>*.u32.bin</c>;
    /// any other holds uint16 where the vocabulary fits into it, else uint32.
    /// </summary>
    /// <exception cref="TrainerException">The size does not fit the format, the header is torn or of an unknown version, or uint32 would be read as uint16.</exception>
    public static TokenFileFormat Detect(string path, SafeFileHandle handle, int vocabulary)
    {
        var size = RandomAccess.GetLength(handle);
        Span<byte> header = stackalloc byte[3 * sizeof(int)];
        var read = RandomAccess.Read(handle, header, 0);
        var magic = read >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(header) : 0;
        if (Headers.Any(h => h.Magic == magic))
        {
            return size >= HeaderBytes
                ? FromHeader(path, size, header)
                : throw Unreadable(path, $"it begins with the number {magic} of a llm.c header, which has {HeaderBytes} bytes, but the file has {size}");
        }

        var width = path.EndsWith(".u16.bin", StringComparison.OrdinalIgnoreCase) ? 2
            : path.EndsWith(".u32.bin", StringComparison.OrdinalIgnoreCase) || vocabulary > LargestUInt16Vocabulary ? 4
            : 2;
        if (size % width != 0)
        {
            throw Unreadable(path, $"{size} bytes are not a whole number of {width}-byte tokens");
        }

        return width == 4 || !LooksLikeUInt32(handle)
            ? new TokenFileFormat(0, width, size / width)
            : throw Unreadable(path, $"every second 2-byte token is 0, as in a file of uint32: name it *.u32.bin (a vocabulary of {vocabulary} is read as uint16 otherwise)");
    }

    /// <summary>Writes the header of llm.c.</summary>
    /// <param name="header">[<see cref="HeaderBytes"/>], filled.</param>
    /// <param name="bytesPerToken">2 or 4.</param>
    /// <param name="tokens">Tokens that follow.</param>
    public static void WriteHeader(Span<byte> header, int bytesPerToken, int tokens)
    {
        var (magic, version, _) = Headers.Single(h => h.BytesPerToken == bytesPerToken);
        header.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(header, magic);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], version);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], tokens);
    }

    private static TokenFileFormat FromHeader(string path, long size, ReadOnlySpan<byte> header)
    {
        var magic = BinaryPrimitives.ReadInt32LittleEndian(header);
        var version = BinaryPrimitives.ReadInt32LittleEndian(header[4..]);
        var tokens = (long)BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        var known = Headers.Single(h => h.Magic == magic);
        if (version != known.Version)
        {
            throw Unreadable(path, $"its llm.c header has the version {version}; {known.Version} was expected with the number {magic}");
        }

        var promised = HeaderBytes + (tokens * known.BytesPerToken);
        return tokens >= 0 && promised == size
            ? new TokenFileFormat(HeaderBytes, known.BytesPerToken, tokens)
            : throw Unreadable(path, $"its header promises {tokens} tokens of {known.BytesPerToken} bytes, {promised} bytes in all, but the file has {size}");
    }

    private static bool LooksLikeUInt32(SafeFileHandle handle)
    {
        var bytes = new byte[LookedAt * sizeof(ushort)];
        var tokens = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan(0, RandomAccess.Read(handle, bytes, 0)));
        if (tokens.Length < FewestToJudge)
        {
            return false;
        }

        var anyLow = false;
        for (var i = 0; i < tokens.Length; i++)
        {
            if (i % 2 == 1 && tokens[i] != 0)
            {
                return false;
            }

            anyLow |= tokens[i] != 0;
        }

        return anyLow;
    }

    private static TrainerException Unreadable(string path, FormattableString what) =>
        TrainerException.DataUnreadable($"data file {path}: {what.ToString(CultureInfo.InvariantCulture)}");
}
