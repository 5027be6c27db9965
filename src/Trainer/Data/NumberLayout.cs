using System.Buffers.Binary;

namespace MhcOperator.Trainer.Data;

/// <summary>How whole numbers lie in bytes, and which layout a sample of a file speaks for.</summary>
/// <param name="Bytes">Of one number: 2, 4 or 8.</param>
/// <param name="BigEndian">Whether the highest byte comes first.</param>
internal readonly record struct NumberLayout(int Bytes, bool BigEndian = false)
{
    /// <summary>No vocabulary has so many tokens.</summary>
    public const int NoTokens = 1 << 24;

    private const int FewestToJudge = 8;
    private const int SmallHalf = 16; // half a number of 4 bytes, in a vocabulary of up to a million
    private const int LargeHalf = 256;

    private static readonly NumberLayout[] All = [new(8), new(8, true), new(4), new(4, true), new(2), new(2, true)];

    /// <summary>For people.</summary>
    public override string ToString() => $"{(BigEndian ? "big-endian " : "")}{Bytes}-byte numbers";

    /// <summary>
    /// The wider numbers that a file of apparent 2- or 4-byte numbers consists of; null where it does not look so. Their upper parts are
    /// zeros or nearly so, at every second or fourth place throughout the file, which token numbers never are.
    /// </summary>
    /// <param name="sample">Parts of the file, each from a multiple of 8 bytes behind the first number.</param>
    /// <param name="width">As which it would be read.</param>
    public static NumberLayout? Wider(IReadOnlyList<byte[]> sample, int width)
    {
        foreach (var layout in All)
        {
            if (layout.Bytes > width && layout.Explains(sample))
            {
                return layout;
            }
        }

        return null;
    }

    /// <summary>The layout in which all numbers are under the vocabulary; null where there is none.</summary>
    /// <param name="sample">As above.</param>
    /// <param name="width">As which they are not.</param>
    /// <param name="vocabulary">Token numbers are under this.</param>
    public static NumberLayout? InRange(IReadOnlyList<byte[]> sample, int width, int vocabulary)
    {
        foreach (var layout in All)
        {
            var numbers = layout.Read(sample);
            if (layout != new NumberLayout(width)
                && (layout is not (2, true) || vocabulary <= ushort.MaxValue)
                && numbers.Count >= FewestToJudge
                && numbers.TrueForAll(n => n < (ulong)vocabulary))
            {
                return layout;
            }
        }

        return null;
    }

    private bool Explains(IReadOnlyList<byte[]> sample)
    {
        var numbers = Read(sample);
        if (numbers.Count < FewestToJudge || numbers.TrueForAll(n => n == 0))
        {
            return false;
        }

        if (Bytes == 8)
        {
            return numbers.TrueForAll(n => n < NoTokens);
        }

        // Two numbers of 2 bytes that are both small make a small one of 4 bytes too: one half has to be large.
        var (lower, upper) = (numbers.Max(n => n & 0xFFFF), numbers.Max(n => n >> 16));
        return upper == 0 || (upper < SmallHalf && lower >= LargeHalf && numbers.Count >= 4 * FewestToJudge);
    }

    private List<ulong> Read(IReadOnlyList<byte[]> sample)
    {
        List<ulong> numbers = [];
        foreach (var part in sample)
        {
            for (var at = 0; at + Bytes <= part.Length; at += Bytes)
            {
                var bytes = part.AsSpan(at);
                numbers.Add((Bytes, BigEndian) switch
                {
                    (8, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
                    (8, true) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
                    (4, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                    (4, true) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
                    (_, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                    (_, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
                });
            }
        }

        return numbers;
    }
}
