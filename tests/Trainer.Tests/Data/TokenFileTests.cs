using System.Buffers.Binary;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Tests.Support;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Tests.Data;

public sealed class TokenFileTests : IDisposable
{
    private const int SmallVocabulary = 50_257;
    private const int LargeVocabulary = 200_019;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shards_of_every_layout_are_one_row_of_tokens_wherever_it_is_read() => Properties.ForSeeds(40, random =>
    {
        using var folder = new TemporaryFolder();
        List<long> all = [];
        var files = Enumerable.Range(0, random.Next(1, 6)).Select(shard =>
        {
            var layout = random.Next(4);
            var tokens = Enumerable.Range(0, random.Next(0, 40)).Select(_ => (long)random.Next(1, layout % 2 == 0 ? 65_536 : LargeVocabulary)).ToList();
            all.AddRange(tokens);
            return TokenFile.OpenTokens(folder.Write($"{shard}{(layout == 0 ? ".u16" : "")}.bin", Bytes(tokens, layout)), LargeVocabulary);
        }).ToList();
        using var sequence = new TokenSequence(files, LargeVocabulary);

        Assert.Equal(all.Count, sequence.Length);
        for (var read = 0; read < 20; read++)
        {
            var from = random.Next(0, all.Count + 1);
            var tokens = new long[random.Next(0, all.Count - from + 1)];
            sequence.Read(from, tokens);
            Assert.Equal(all.Skip(from).Take(tokens.Length), tokens);
        }
    });

    [Theory]
    [InlineData("plain.bin", SmallVocabulary, 2)]
    [InlineData("plain.bin", LargeVocabulary, 4)]
    [InlineData("named.u16.bin", LargeVocabulary, 2)]
    [InlineData("named.u32.bin", SmallVocabulary, 4)]
    public void A_file_without_a_header_is_read_by_its_name_or_else_by_the_vocabulary(string name, int vocabulary, int bytesPerToken)
    {
        using var file = TokenFile.OpenTokens(_folder.Write(name, new byte[16]), vocabulary);

        Assert.Equal((bytesPerToken, 16 / bytesPerToken), (file.BytesPerToken, file.Length));
    }

    [Fact]
    public void Four_byte_tokens_that_would_be_read_as_two_byte_ones_are_refused()
    {
        var path = _folder.Write("train.bin", Bytes([.. Enumerable.Range(1, 100).Select(i => (long)i)], layout: 1));

        Fails(path, SmallVocabulary, "every second 2-byte token is 0", "*.u32.bin");
    }

    [Theory]
    [InlineData(SmallVocabulary, 2)]
    [InlineData(LargeVocabulary, 4)]
    public void A_size_that_is_no_whole_number_of_tokens_is_an_error(int vocabulary, int bytesPerToken) =>
        Fails(_folder.Write("1.bin", new byte[13]), vocabulary, "13 bytes", $"{bytesPerToken}-byte");

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_truncated_header_is_an_error(int layout) =>
        Fails(_folder.Write("1.bin", Bytes([1, 2, 3], layout).AsSpan(0, 1000)), LargeVocabulary, "header", "1024 bytes", "1000");

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_header_of_another_version_is_an_error(int layout)
    {
        var bytes = Bytes([1, 2, 3], layout);
        bytes[4]++;

        Fails(_folder.Write("1.bin", bytes), LargeVocabulary, "version", "was expected");
    }

    [Fact]
    public void A_header_that_promises_more_than_there_is_is_an_error() =>
        Fails(_folder.Write("1.bin", Bytes([1, 2, 3], layout: 2).AsSpan(0, 1029)), LargeVocabulary, "3 tokens", "1030 bytes in all", "1029");

    [Fact]
    public void A_token_file_that_shrinks_is_an_error_before_the_page_behind_it_is_touched()
    {
        var path = _folder.Write("1.bin", new byte[1 << 20]);
        using var file = TokenFile.OpenTokens(path, SmallVocabulary);
        File.WriteAllBytes(path, new byte[100]);
        var inside = new long[50];

        file.Read(0, inside);
        var error = Assert.Throws<TrainerException>(() => file.Read(400_000, new long[10]));

        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.Contains("bytes 800000 to 800019 were expected, but it has only 100 now, and 1048576", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Layouts: 0 uint16, 1 uint32, 2 llm.c's header and uint16, 3 llm.c's header and uint32.</summary>
    private static byte[] Bytes(List<long> tokens, int layout)
    {
        var (start, width) = (layout < 2 ? 0 : 1024, layout % 2 == 0 ? 2 : 4);
        var bytes = new byte[start + (tokens.Count * width)];
        if (start > 0)
        {
            int[] header = [layout == 2 ? 20240520 : 20240801, layout == 2 ? 1 : 7, tokens.Count];
            Buffer.BlockCopy(header, 0, bytes, 0, 12);
        }

        for (var i = 0; i < tokens.Count; i++)
        {
            var at = bytes.AsSpan(start + (i * width));
            if (width == 2)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)tokens[i]);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)tokens[i]);
            }
        }

        return bytes;
    }

    private static void Fails(string path, int vocabulary, params string[] words)
    {
        var error = Assert.Throws<TrainerException>(() => TokenFile.OpenTokens(path, vocabulary).Dispose());
        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.All(words.Append(path), w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
    }
}
