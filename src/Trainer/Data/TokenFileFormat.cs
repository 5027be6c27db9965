using System.Buffers.Binary;
using System.Globalization;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// How token numbers lie in a file: plain numbers as nanoGPT writes them, with an index beside them as Megatron does, or after the header
/// of llm.c, 256 int32: magic, version, tokens, zeros.
/// </summary>
/// <param name="Offset">Byte of the first token.</param>
/// <param name="BytesPerToken">1, 2 or 4.</param>
/// <param name="Tokens">How many there are.</param>
internal readonly record struct TokenFileFormat(long Offset, int BytesPerToken, long Tokens)
{
    /// <summary>Bytes of llm.c's header.</summary>
    public const int HeaderBytes = 1024;

    /// <summary>Bytes of a file that are enough to tell the width of its numbers.</summary>
    public const int SampleBytes = 32 * PartBytes;

    /// <summary>How numbers of another kind become token numbers that can be read.</summary>
    public const string WriteAnew = $"write them as little-endian uint16 or uint32 {Numpy}";

    /// <summary>How NumPy writes them.</summary>
    public const string Numpy = "(numpy: array.astype('<u4').tofile('tokens.u32.bin'))";

    private const int LargestUInt16Vocabulary = 65536;
    private const int PartBytes = 4096;

    private static readonly (int Magic, int Version, int BytesPerToken)[] Headers = [(20240520, 1, 2), (20240801, 7, 4)];

    /// <summary>
    /// Tells the format by the header. A file without one holds what a Megatron index beside it says, else uint16 or uint32 as its name
    /// says, <c>*.u16.bin</c> or <c>*.u32.bin</c>; any other holds uint16 where the vocabulary fits into it, else uint32.
    /// </summary>
    /// <param name="file">The file's bytes.</param>
    /// <param name="vocabulary">Token numbers are under this.</param>
    /// <exception cref="TrainerException">It is a file of another kind, its size does not fit the format, the header is torn or of an
    /// unknown version, or its numbers are of another width.</exception>
    public static TokenFileFormat Detect(TokenFile file, int vocabulary)
    {
        var (path, size) = (file.Path, file.Length);
        var head = new byte[Math.Min(size, ForeignFormat.HeadBytes)];
        file.ReadBytes(0, head);
        var magic = head.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(head) : 0;
        if (Headers.Any(h => h.Magic == magic))
        {
            return size >= HeaderBytes
                ? FromHeader(path, size, head)
                : throw Unreadable(path,
                    $"it begins with the number {magic} of a llm.c header, which has {HeaderBytes} bytes, but the file has {size}");
        }

        if (ForeignFormat.Tell(head) is { } foreign)
        {
            throw Unreadable(path, $"{foreign}");
        }

        if (ForeignFormat.IsText(head))
        {
            throw Unreadable(path,
                $"it is text, where token numbers were expected (spec.data.format: Tokens); train on text with format: Text, or prepare it first (mhc-trainer prepare)");
        }

        var width = MegatronIndex.BytesPerToken(path)
            ?? (path.EndsWith(".u16.bin", StringComparison.OrdinalIgnoreCase) ? 2
            : path.EndsWith(".u32.bin", StringComparison.OrdinalIgnoreCase) || vocabulary > LargestUInt16Vocabulary ? 4
            : 2);
        if (size % width != 0)
        {
            throw Unreadable(path, $"{size} bytes are not a whole number of {width}-byte tokens");
        }

        var format = new TokenFileFormat(0, width, size / width);
        List<byte[]> sample = [.. format.Sample(file, SampleBytes).Select(s => s.Part)];
        if (OtherNumbers.Tell(sample, vocabulary) is { } other)
        {
            throw Unreadable(path, $"{other}");
        }

        return NumberLayout.Wider(sample, width) is { } wider
            ? throw Unreadable(path,
                $"it would be read as {new NumberLayout(width)}, and it holds {wider}: {Remedy(wider)} (a vocabulary of {vocabulary} is read as {(vocabulary > LargestUInt16Vocabulary ? "uint32" : "uint16")} unless the name says otherwise)")
            : format;
    }

    /// <summary>
    /// Parts of a file's numbers, spread from the first to the last; each begins at a multiple of 8 bytes behind the first number.
    /// </summary>
    /// <param name="file">Read as bytes.</param>
    /// <param name="most">About how many bytes are taken; a part of each file is.</param>
    /// <returns>The part's first byte behind the first number, and the part.</returns>
    public IEnumerable<(long From, byte[] Part)> Sample(TokenFile file, long most)
    {
        var (offset, bytes) = (Offset, Tokens * BytesPerToken);
        var parts = Math.Max(1, Math.Min(most, bytes) / PartBytes);
        for (long part = 0; part < parts && bytes > 0; part++)
        {
            var from = parts == 1 ? 0 : (long)((bytes - PartBytes) / (double)(parts - 1) * part) / 8 * 8;
            var taken = new byte[Math.Min(PartBytes, bytes - from)];
            file.ReadBytes(offset + from, taken);
            yield return (from, taken);
        }
    }

    /// <summary>What to do with numbers of another layout.</summary>
    public static string Remedy(NumberLayout layout) => layout switch
    {
        (2, false) => "name it *.u16.bin",
        (4, false) => "name it *.u32.bin",
        _ => WriteAnew,
    };

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
            : throw Unreadable(path,
                $"its header promises {tokens} tokens of {known.BytesPerToken} bytes, {promised} bytes in all, but the file has {size}");
    }

    private static TrainerException Unreadable(string path, FormattableString what) =>
        TrainerException.DataUnreadable($"data file {path}: {what.ToString(CultureInfo.InvariantCulture)}");
}
