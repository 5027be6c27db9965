using System.Buffers.Binary;

namespace MhcOperator.Trainer.Data;

/// <summary>Files without a header whose bytes could be read as token numbers, and are something else throughout.</summary>
internal static class OtherNumbers
{
    private const int FewestBytes = 64; // to judge by
    private const int FewestTelling = 2;
    private const double MostText = 0.9; // the rest of a text in Latin letters
    private const int BytesOfTokens = 512; // a vocabulary up to this may be one of bytes

    private delegate double Real(ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Types of floating-point numbers. Under <c>Gaps</c> few bit patterns are whole numbers, so what consists of whole floating-point
    /// numbers, some of them under that, is no row of token numbers.
    /// </summary>
    private static readonly (string Name, int Bytes, double Gaps, Real Read)[] Reals =
    [
        ("float64", 8, NumberLayout.NoTokens, BinaryPrimitives.ReadDoubleLittleEndian),
        ("float32", 4, NumberLayout.NoTokens, bytes => BinaryPrimitives.ReadSingleLittleEndian(bytes)),
        ("float16", 2, 1024, bytes => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes)),
        ("bfloat16", 2, 128, bytes => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16)),
    ];

    /// <summary>What the numbers are, and what to do with them; null where nothing speaks against token numbers.</summary>
    /// <param name="sample">Parts of the file, each from a multiple of 8 bytes behind the first number.</param>
    /// <param name="vocabulary">Token numbers are under this.</param>
    public static string? Tell(IReadOnlyList<byte[]> sample, int vocabulary)
    {
        if (sample.Sum(part => part.Length) < FewestBytes)
        {
            return null;
        }

        if (sample.All(part => !part.AsSpan().ContainsAnyExcept((byte)0)))
        {
            return "all that was looked at of it is zeros, as in a file that was made and never written; token numbers were expected";
        }

        foreach (var (name, bytes, gaps, read) in Reals)
        {
            if (AreWhole(sample, bytes, gaps, read))
            {
                return $"it holds {name} numbers; {TokenFileFormat.WriteAnew}";
            }
        }

        return vocabulary > BytesOfTokens && (IsAscii(sample, 0) || IsAscii(sample, 1))
            ? $"it holds letters in two bytes each, as text in UTF-16 (turn it into UTF-8: iconv -f UTF-16 -t UTF-8) or bytes as tokens (give spec.model.vocabulary as at most {BytesOfTokens})"
            : null;
    }

    private static bool AreWhole(IReadOnlyList<byte[]> sample, int bytes, double gaps, Real read)
    {
        var telling = 0;
        foreach (var part in sample)
        {
            for (var at = 0; at + bytes <= part.Length; at += bytes)
            {
                var value = read(part.AsSpan(at, bytes));
                if (!(value is >= 0 and < NumberLayout.NoTokens && value == Math.Floor(value)))
                {
                    return false;
                }

                telling += value > 0 && value < gaps ? 1 : 0;
            }
        }

        return telling >= FewestTelling;
    }

    /// <summary>Whether nearly each second byte is a letter or space of ASCII, and the one beside it 0.</summary>
    private static bool IsAscii(IReadOnlyList<byte[]> sample, int letter)
    {
        var (pairs, letters) = (0, 0);
        foreach (var part in sample)
        {
            for (var at = 0; at + 1 < part.Length; at += 2)
            {
                pairs++;
                letters += part[at + 1 - letter] == 0 && part[at + letter] is (>= 32 and < 127) or (byte)'\t' or (byte)'\n' or (byte)'\r'
                    ? 1 : 0;
            }
        }

        return letters > MostText * pairs;
    }
}
