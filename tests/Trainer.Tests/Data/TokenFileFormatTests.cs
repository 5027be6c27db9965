using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Data;

public sealed class TokenFileFormatTests : IDisposable
{
    private const int Gpt2 = 50_257;
    private const int Llama3 = 128_256;

    private readonly TemporaryFolder _folder = new();
    private readonly OpenFiles _open = new();

    public void Dispose()
    {
        _open.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<string, string, string[]> Foreign => new()
    {
        { "gzip", Hex(Gzip("tokens")), ["gzip", "decompress"] },
        { "zstd", "28B52FFD0458", ["zstd", "decompress"] },
        { "xz", "FD377A585A000004", ["xz", "decompress"] },
        { "bzip2", Hex("BZh91AY&SY123"), ["bzip2", "decompress"] },
        { "lz4", "04224D1864", ["lz4", "decompress"] },
        { "zip", Hex("PK\u0003\u0004\u0014\0"), ["zip", ".npz"] },
        { "npy", "93" + Hex("NUMPY\u0001\0v\0{'descr': '<i8'"), ["NumPy", "uint32"] },
        { "parquet", Hex("PAR1\u0015\0"), ["parquet"] },
        { "arrow", Hex("ARROW1\0\0"), ["Arrow"] },
        { "sqlite", Hex("SQLite format 3\0\u0010\0"), ["SQLite"] },
        { "safetensors", "4000000000000000" + Hex("{\"tokens\":{\"dtype\":\"I64\""), ["safetensors"] },
        { "hdf5", "894844460D0A1A0A00", ["HDF5"] },
        { "torch", "80028A0A6CFC9C46F9", ["torch.save"] },
        { "megatron", Hex("MMIDIDX\0\0\u0001\0\0\0\0\0\0\0\u0008"), ["Megatron", ".bin"] },
        { "evaluation", "8AD8340101000000", ["llm.c", "evaluation"] },
        { "lfs", Hex("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"), ["Git LFS", "git lfs pull"] },
        { "json", Hex("{\"text\": \"The quick brown fox jumps over the lazy dog\"}\n"), ["it is text", "spec.data.format"] },
        { "prose", Hex("É uma vez, há muito tempo, numa terra distante dali"), ["it is text", "mhc-trainer prepare"] },
        { "page", Hex("<!DOCTYPE html>\n<html><head><title>404 Not Found</title>"), ["it is text"] },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void A_file_of_another_kind_is_named_with_what_to_do(string kind, string hex, string[] words)
    {
        _ = kind;
        var bytes = Convert.FromHexString(hex);
        Fails(Write("train.bin", [.. bytes, .. "\n\n"u8[..(bytes.Length % 2)]]), Gpt2, words);
        Fails(Write("train.u32.bin", [.. bytes, .. "\n\n\n\n"u8[..((4 - (bytes.Length % 4)) % 4)]]), Llama3, words);
    }

    [Fact]
    public void Numbers_of_a_width_are_read_as_no_other_whatever_the_vocabulary() => Properties.ForSeeds(60, random =>
    {
        var vocabulary = random.Next(3) switch { 0 => Gpt2, 1 => Llama3, _ => random.Next(2_000, 1_000_000) };
        var count = 2 * random.Next(32, 10_000);
        var (bytes, bigEndian) = (new[] { 2, 4, 8 }[random.Next(3)], random.Next(3) == 0);
        var read = vocabulary > 65_536 ? 4 : 2;
        // Words are as frequent as they are in texts: most are small numbers, and each part of the vocabulary occurs.
        var most = bytes == 2 ? Math.Min(vocabulary, 65_536) : vocabulary;
        var tokens = Enumerable.Range(0, count).Select(_ => (long)(most * Math.Pow(random.NextDouble(), 3))).ToList();
        if (bytes == 2 && bigEndian && vocabulary > Gpt2)
        {
            return; // each order of bytes gives numbers of the vocabulary
        }

        var path = Write("train.bin", Bytes(tokens, bytes, bigEndian));
        if (bytes == read && !bigEndian)
        {
            using var open = new OpenFiles();
            var file = TokenFile.OfTokens(path, vocabulary, open);
            TokenNumbers.Check([file], vocabulary);
            var got = new long[count];
            file.Read(0, got);
            Assert.Equal(tokens, got);
        }
        else
        {
            Fails(path, vocabulary, $"{(bigEndian ? "big-endian " : "")}{bytes}-byte numbers");
        }
    });

    [Theory]
    [InlineData(2, "train.u32.bin", "*.u16.bin")]
    [InlineData(4, "train.u16.bin", "*.u32.bin")]
    [InlineData(8, "train.u16.bin", "astype")]
    [InlineData(8, "train.u32.bin", "astype")]
    public void A_name_that_promises_another_width_does_not_help(int bytes, string name, string advice) =>
        Fails(Write(name, Bytes([.. Enumerable.Range(0, 5000).Select(i => (long)(i * 7919 % Gpt2))], bytes)), Gpt2, advice);

    [Theory]
    [InlineData(4, 5)]
    [InlineData(100, 4)]
    [InlineData(256, 256)]
    public void Small_vocabularies_are_not_taken_for_wider_numbers(int vocabulary, int used)
    {
        var random = new Random(1);
        var file = TokenFile.OfTokens(
            Write("train.bin", Bytes([.. Enumerable.Range(0, 3000).Select(_ => (long)random.Next(Math.Min(vocabulary, used)))], 2)),
            vocabulary, _open);

        TokenNumbers.Check([file], vocabulary);
        Assert.Equal((2, 3000), (file.Format.BytesPerToken, file.Length));
    }

    [Theory]
    [InlineData("float64", 250)]
    [InlineData("float64", 50_000)]
    [InlineData("float32", 250)]
    [InlineData("float32", 50_000)]
    [InlineData("float16", 250)]
    [InlineData("float16", 50_000)]
    [InlineData("bfloat16", 250)]
    [InlineData("bfloat16", 50_000)]
    public void Floating_point_numbers_are_named(string type, int most)
    {
        var random = new Random(1);
        byte[] bytes = [.. Enumerable.Range(0, 20_000).Select(_ => random.Next(most)).SelectMany(number => type switch
        {
            "float64" => BitConverter.GetBytes((double)number),
            "float32" => BitConverter.GetBytes((float)number),
            "float16" => BitConverter.GetBytes((Half)number),
            _ => BitConverter.GetBytes((float)number)[2..],
        })];

        Fails(Write("train.bin", bytes), Gpt2, $"it holds {type} numbers", "uint16");
        Fails(Write("train.u32.bin", bytes), Llama3, $"it holds {type} numbers");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Text_in_two_bytes_a_letter_is_named(bool bigEndian)
    {
        var text = new UnicodeEncoding(bigEndian, byteOrderMark: false)
            .GetBytes(string.Concat(Enumerable.Repeat("Once upon a time there was a café.\n", 40)));

        Fails(Write("train.bin", text), Gpt2, "UTF-16", "iconv");
    }

    [Fact]
    public void Bytes_as_tokens_are_tokens_whatever_they_spell()
    {
        var file = TokenFile.OfTokens(Write("train.bin", Encoding.Unicode.GetBytes(new string('a', 500) + new string('b', 500))),
            256, _open);

        TokenNumbers.Check([file], 256);
        Assert.Equal((2, 1000), (file.Format.BytesPerToken, file.Length));
    }

    [Fact]
    public void Zeros_alone_are_no_tokens() => Fails(Write("train.bin", new byte[20_000]), Gpt2, "zeros");

    [Fact]
    public void What_is_wrong_only_in_the_middle_is_found()
    {
        var good = Bytes([.. Enumerable.Range(0, 600_000).Select(i => (long)(i * 31 % Gpt2))], 2);
        BinaryPrimitives.WriteUInt16LittleEndian(good.AsSpan(500_000 * 2), 60_000);

        Fails(Write("train.bin", good), Gpt2, "token 60000 at position 500000", "50257");
    }

    [Fact]
    public void Of_data_too_large_to_be_read_before_training_each_file_is_sampled_to_its_end()
    {
        var files = new[] { "1.bin", "2.bin" }.Select(n =>
            Write(n, Bytes([.. Enumerable.Range(0, 300_000).Select(i => (long)(n == "2.bin" && i > 250_000 ? 60_000 : i % Gpt2))], 2)))
                .Select(f => TokenFile.OfTokens(f, Gpt2, _open)).ToList();

        var error = Assert.Throws<TrainerException>(() => TokenNumbers.Check(files, Gpt2, wholeBytes: 1000));

        Assert.Contains("2.bin: token 60000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_negative_number_is_shown_as_what_it_was() =>
        Fails(Write("train.u32.bin", Bytes([.. Enumerable.Range(0, 100).Select(i => i == 50 ? -100L : i)], 4)), Llama3,
            "token 4294967196 (-100 as a signed number) at position 50");

    [Theory]
    [InlineData(8, 2, Llama3)]
    [InlineData(4, 4, Gpt2)]
    public void The_index_of_Megatron_says_the_width(byte type, int bytes, int vocabulary)
    {
        Write("train.idx", [.. "MMIDIDX\0\0"u8, 1, 0, 0, 0, 0, 0, 0, 0, type]);
        var file = TokenFile.OfTokens(Write("train.bin", Bytes([.. Enumerable.Range(1, 200).Select(i => (long)i * 211)], bytes)),
            vocabulary, _open);

        Assert.Equal((bytes, 200), (file.Format.BytesPerToken, file.Length));
    }

    [Theory]
    [InlineData(5, "int64")]
    [InlineData(1, "uint8")]
    [InlineData(99, "unknown type 99")]
    public void An_index_of_Megatron_with_other_numbers_is_refused(byte type, string words)
    {
        Write("train.idx", [.. "MMIDIDX\0\0"u8, 1, 0, 0, 0, 0, 0, 0, 0, type]);
        Fails(Write("train.bin", new byte[64]), Gpt2, words, "train.idx");
    }

    private string Write(string name, byte[] bytes) => _folder.Write(name, bytes);

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexString(bytes);

    private static byte[] Gzip(string text)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return bytes.ToArray();
    }

    private static byte[] Bytes(List<long> numbers, int width, bool bigEndian = false)
    {
        var bytes = new byte[numbers.Count * width];
        for (var i = 0; i < numbers.Count; i++)
        {
            var number = bytes.AsSpan(i * width, width);
            for (var b = 0; b < width; b++)
            {
                number[bigEndian ? width - 1 - b : b] = (byte)(numbers[i] >> (8 * b));
            }
        }

        return bytes;
    }

    private static void Fails(string path, int vocabulary, params string[] words)
    {
        using var open = new OpenFiles();
        var error = Assert.Throws<TrainerException>(() => TokenNumbers.Check([TokenFile.OfTokens(path, vocabulary, open)], vocabulary));
        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.All(words.Append(path), w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
    }
}
