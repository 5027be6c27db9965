using System.Globalization;
using System.Runtime.InteropServices;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>Checks that files hold numbers of the vocabulary, before hours are spent on the way to the first that is not.</summary>
internal static class TokenNumbers
{
    private const long SampledBytes = 64L << 20;
    private const int BlockBytes = 1 << 20;

    /// <summary>
    /// Checks all numbers of a data set of up to 1 GiB, and of a larger one a sample of each file: the rest is checked when it is read.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <param name="vocabulary">Token numbers are under this.</param>
    /// <param name="wholeBytes">Up to this size all is checked.</param>
    /// <exception cref="TrainerException">A number is outside the vocabulary; the message says which, and what the file may be.</exception>
    public static void Check(IReadOnlyList<TokenFile> files, int vocabulary, long wholeBytes = TextFiles.WholeCheckBytes)
    {
        var total = files.Sum(f => f.Length * f.Format.BytesPerToken);
        foreach (var file in files)
        {
            var size = file.Length * file.Format.BytesPerToken;
            foreach (var (from, part) in total <= wholeBytes
                ? All(file, size)
                : file.Format.Sample(file, (long)(SampledBytes * ((double)size / total))))
            {
                Check(file, from / file.Format.BytesPerToken, part, vocabulary);
            }
        }
    }

    /// <summary>The error of a number that is outside the vocabulary.</summary>
    /// <param name="file">Where it is.</param>
    /// <param name="position">Its place in the file, in tokens.</param>
    /// <param name="token">The number.</param>
    /// <param name="vocabulary">Token numbers are under this.</param>
    public static TrainerException Outside(TokenFile file, long position, long token, int vocabulary)
    {
        var width = file.Format.BytesPerToken;
        var signed = width == sizeof(int)
            && token > int.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $" ({(int)token} as a signed number)")
            : "";
        var layout = NumberLayout.InRange([.. file.Format.Sample(file, TokenFileFormat.SampleBytes).Select(s => s.Part)], width,
            vocabulary);
        var guess = layout is { } other
            && file.Format.Offset == 0
            ? $"; as {other} all that were looked at are inside: {TokenFileFormat.Remedy(other)}"
            : "";
        return TrainerException.DataUnreadable(
            string.Create(CultureInfo.InvariantCulture,
                $"data file {file.Path}: token {token}{signed} at position {position} is outside the vocabulary of {vocabulary} (spec.model.vocabulary); the file is read as {width}-byte numbers{guess}"));
    }

    private static void Check(TokenFile file, long position, byte[] bytes, int vocabulary)
    {
        // A vocabulary over 65,536 holds every number of two bytes.
        var outside = file.Format.BytesPerToken == sizeof(ushort)
            ? vocabulary > ushort.MaxValue
                ? -1
                : MemoryMarshal.Cast<byte, ushort>(bytes).IndexOfAnyExceptInRange<ushort>(0, (ushort)(vocabulary - 1))
            : MemoryMarshal.Cast<byte, uint>(bytes).IndexOfAnyExceptInRange(0u, (uint)vocabulary - 1);
        if (outside >= 0)
        {
            var token = new long[1];
            file.Read(position + outside, token);
            throw Outside(file, position + outside, token[0], vocabulary);
        }
    }

    private static IEnumerable<(long From, byte[] Part)> All(TokenFile file, long size)
    {
        var block = new byte[Math.Min(size, BlockBytes)];
        for (long from = 0; from < size; from += block.Length)
        {
            if (size - from < block.Length)
            {
                block = new byte[size - from];
            }

            file.ReadBytes(file.Format.Offset + from, block);
            yield return (from, block);
        }
    }
}
