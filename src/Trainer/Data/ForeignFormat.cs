using System.Buffers.Binary;
using System.Globalization;
using System.Text.Unicode;

namespace MhcOperator.Trainer.Data;

/// <summary>Files that are neither text nor plain token numbers, told by how they begin, and what to do with each.</summary>
internal static class ForeignFormat
{
    /// <summary>Bytes of a file's beginning that are looked at.</summary>
    public const int HeadBytes = 512;

    private const int FewestTextBytes = 32;
    private const string Decompress = "decompress it first";
    private const string PlainNumbers =
        $"write its token numbers as plain little-endian uint16 or uint32 into *.u16.bin or *.u32.bin {TokenFileFormat.Numpy}";

    private static readonly (byte[] Magic, int At, string Name, string Advice)[] Known =
    [
        ([0x1F, 0x8B, 0x08], 0, "a gzip file", $"{Decompress} (gzip -d)"),
        ([0x28, 0xB5, 0x2F, 0xFD], 0, "a zstd file", $"{Decompress} (zstd -d)"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], 0, "an xz file", $"{Decompress} (xz -d)"),
        ([.. "BZh"u8], 0, "a bzip2 file", $"{Decompress} (bzip2 -d)"), // and the digits of pi, below
        ([0x04, 0x22, 0x4D, 0x18], 0, "an lz4 file", $"{Decompress} (lz4 -d)"),
        ([0xFF, 0x06, 0x00, 0x00, .. "sNaPpY"u8], 0, "a snappy file", Decompress),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], 0, "a 7z archive", "unpack it first"),
        ([.. "Rar!\x1A\x07"u8], 0, "a rar archive", "unpack it first"),
        ([.. "PK\x03\x04"u8], 0, "a zip archive (as are .npz and what torch.save writes)", $"unpack it, or {PlainNumbers}"),
        ([.. "ustar"u8], 257, "a tar archive", "unpack it first"),
        ([0x93, .. "NUMPY"u8], 0, "a NumPy array (.npy)", PlainNumbers),
        ([0x89, .. "HDF\r\n\x1A\n"u8], 0, "an HDF5 file", PlainNumbers),
        ([.. "PAR1"u8], 0, "a parquet file", $"take its column of text out and prepare that, or {PlainNumbers}"),
        ([.. "ARROW1"u8], 0, "an Arrow file", $"take its column of text out and prepare that, or {PlainNumbers}"),
        ([0xFF, 0xFF, 0xFF, 0xFF], 0, "an Arrow stream", $"take its column of text out and prepare that, or {PlainNumbers}"),
        ([.. "ORC"u8], 0, "an ORC file", $"take its column of text out and prepare that, or {PlainNumbers}"),
        ([.. "Obj\x01"u8], 0, "an Avro file", $"take its column of text out and prepare that, or {PlainNumbers}"),
        ([.. "SQLite format 3\0"u8], 0, "an SQLite database", "take its text out and prepare that"),
        ([.. "MMIDIDX\0\0"u8], 0, "the index of a Megatron data set (.idx)", "name the .bin file beside it, or the folder of both"),
        ([.. "GGUF"u8], 0, "a model (GGUF)", "token files were expected"),
        ([0x80, 0x02, 0x8A, 0x0A], 0, "what torch.save writes", PlainNumbers),
        ([0x80, 0x04, 0x95], 0, "a Python pickle", PlainNumbers),
        ([0x80, 0x05, 0x95], 0, "a Python pickle", PlainNumbers),
        ([0x7F, .. "ELF"u8], 0, "a program (ELF)", "token files were expected"),
        ([.. "%PDF-"u8], 0, "a PDF file", "take its text out and prepare that"),
        ([0x89, .. "PNG\r\n\x1A\n"u8], 0, "a picture (PNG)", "token files were expected"),
        ([0xFF, 0xD8, 0xFF], 0, "a picture (JPEG)", "token files were expected"),
        ([0xFF, 0xFE], 0, "text in UTF-16", "turn it into UTF-8 (iconv -f UTF-16 -t UTF-8)"),
        ([0xFE, 0xFF], 0, "text in UTF-16", "turn it into UTF-8 (iconv -f UTF-16 -t UTF-8)"),
    ];

    private static readonly (int Magic, string Name)[] OfLlmC =
    [
        (20240520 + 2, "questions for evaluation, as llm.c writes them"),
        (20240326, "a model of llm.c"),
        (20240327, "a training state of llm.c"),
        (20240415, "a debugging state of llm.c"),
    ];

    /// <summary>What a file is, and what to do with it; null where its beginning is that of no format known here.</summary>
    /// <param name="head">At most <see cref="HeadBytes"/> from the beginning.</param>
    public static string? Tell(ReadOnlySpan<byte> head)
    {
        foreach (var (magic, at, name, advice) in Known)
        {
            if (head.Length >= at + magic.Length && head[at..].StartsWith(magic) && IsWhole(name, head))
            {
                return $"it is {name}; {advice}";
            }
        }

        if (head.StartsWith("version https://git-lfs.github.com/spec/"u8))
        {
            return "it is a pointer of Git LFS and not the file itself; fetch that first (git lfs pull)";
        }

        if (head.Length > 9 && head[8] == '{' && BinaryPrimitives.ReadInt64LittleEndian(head) is > 1 and < 1L << 27)
        {
            return $"it is a safetensors file; {PlainNumbers}";
        }

        var number = head.Length >= sizeof(int) ? BinaryPrimitives.ReadInt32LittleEndian(head) : 0;
        foreach (var (magic, name) in OfLlmC)
        {
            if (number == magic)
            {
                return $"it is {name}; token files were expected";
            }
        }

        return null;
    }

    /// <summary>Whether a file's beginning reads as text, which token numbers do not: they are full of control characters.</summary>
    public static bool IsText(ReadOnlySpan<byte> head) =>
        head.Length >= FewestTextBytes
        && !head.ContainsAnyInRange((byte)0, (byte)8) && !head.ContainsAnyInRange((byte)14, (byte)31)
        && Utf8.IsValid(head[..TextFiles.LengthOfWholeCharacters(head)]);

    /// <summary>What text with many NUL bytes is; null where it has few.</summary>
    /// <param name="head">The beginning of UTF-8 text.</param>
    public static string? TellWideText(ReadOnlySpan<byte> head) =>
        head.Count((byte)0) * 3 > head.Length
            ? string.Create(CultureInfo.InvariantCulture,
                $"{head.Count((byte)0)} of its first {head.Length} bytes are 0, as in UTF-16 or in numbers; text in UTF-8 was expected (iconv -f UTF-16 -t UTF-8)")
            : null;

    /// <summary>Beginnings of two or three bytes are also those of token files: what has to follow tells them apart.</summary>
    private static bool IsWhole(string name, ReadOnlySpan<byte> head) => name switch
    {
        "a gzip file" => head.Length >= 10 && head[3] < 0x20 && head[8] is 0 or 2 or 4,
        "a bzip2 file" => head.Length >= 10 && head[4..].StartsWith("1AY&SY"u8),
        "an Arrow stream" => head.Length >= 8 && BinaryPrimitives.ReadInt32LittleEndian(head[4..]) is > 0 and < 1 << 24,
        "a picture (JPEG)" => head.Length > 3 && head[3] is 0xE0 or 0xE1 or 0xDB or 0xEE,
        "text in UTF-16" => head[2..Math.Min(head.Length, 64)].Count((byte)0) >= 16,
        _ => true,
    };
}
