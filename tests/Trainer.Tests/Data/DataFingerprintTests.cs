using MhcOperator.Trainer.Data;

namespace MhcOperator.Trainer.Tests.Data;

public sealed class DataFingerprintTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_byte_of_a_small_text_of_the_same_length_makes_another_fingerprint()
    {
        var text = new byte[200_000];
        Array.Fill(text, (byte)'a');
        var same = Of(text);
        text[199_999]++;
        var last = Of(text);
        text[199_999]--;
        text[100_001]++;

        Assert.NotEqual(same, last);
        Assert.NotEqual(same, Of(text));
        Assert.NotEqual(last, Of(text));
    }

    [Fact]
    public void How_tokens_are_divided_over_files_does_not_matter_and_their_number_does()
    {
        byte[] text = [.. Enumerable.Range(0, 5000).Select(i => (byte)(i % 251))];

        Assert.Equal(Of(text), Of(text[..1234], text[1234..]));
        Assert.NotEqual(Of(text), Of(text[..4999]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1 << 16)]
    [InlineData((1 << 16) + 1)]
    [InlineData(1L << 24)]
    [InlineData((1L << 24) + 1)]
    [InlineData(10_000_000_000_000)]
    [InlineData(long.MaxValue)]
    public void What_is_read_is_bounded_lies_inside_and_has_both_ends(long length)
    {
        var begins = DataFingerprint.Begins(length).ToList();

        Assert.InRange(begins.Count, 0, 256);
        Assert.Equal(begins.Order(), begins);
        Assert.All(begins, b => Assert.InRange(b, 0, Math.Max(0, length - 1)));
        Assert.True(length == 0 || (begins[0] == 0 && begins[^1] >= length - (1 << 16)));
    }

    private string Of(params byte[][] files)
    {
        using var open = new OpenFiles();
        var tokens = new TokenSequence([.. files.Select((f, i) => TokenFile.OfBytes(_folder.Write($"{i}.txt", f), open))], vocabulary: 256);
        return DataFingerprint.Of(tokens);
    }
}
