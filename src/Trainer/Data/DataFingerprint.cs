using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// Tells data sets apart at a bounded cost: their length, and all tokens of a small one, or stretches of a large one that lie evenly over
/// it. It does not depend on how the tokens are divided over files, nor on the files' width.
/// </summary>
internal static class DataFingerprint
{
    private const int Stretches = 256;
    private const int StretchTokens = 1 << 16;

    /// <summary>SHA-256 in lower-case hexadecimal digits.</summary>
    /// <param name="tokens">The whole data set.</param>
    /// <exception cref="TrainerException">A file cannot be read, or holds a token outside the vocabulary.</exception>
    public static string Of(TokenSequence tokens)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(tokens.Length));
        var read = new long[StretchTokens];
        var kept = new uint[StretchTokens];
        foreach (var begin in Begins(tokens.Length))
        {
            var count = (int)Math.Min(StretchTokens, tokens.Length - begin);
            tokens.Read(begin, read.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                kept[i] = (uint)read[i];
            }

            hash.AppendData(MemoryMarshal.AsBytes(kept.AsSpan(0, count)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>First tokens of the stretches, the first and the last one of the data included.</summary>
    public static IEnumerable<long> Begins(long length)
    {
        var whole = (length / StretchTokens) + (length % StretchTokens == 0 ? 0 : 1);
        return whole <= Stretches
            ? Enumerable.Range(0, (int)whole).Select(i => (long)i * StretchTokens)
            : Enumerable.Range(0, Stretches).Select(i => (long)((Int128)(length - StretchTokens) * i / (Stretches - 1)));
    }
}
