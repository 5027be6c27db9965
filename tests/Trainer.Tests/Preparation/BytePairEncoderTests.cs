using System.Diagnostics;
using MhcOperator.Trainer.Preparation;
using MhcOperator.Trainer.Tests.Support;
using Microsoft.ML.Tokenizers;
using Tokenizer = MhcOperator.Api.Tokenizer;

namespace MhcOperator.Trainer.Tests.Preparation;

public sealed class BytePairEncoderTests
{
    private static readonly Dictionary<Tokenizer, (BytePairEncoder Ours, TiktokenTokenizer Library)> Encoders = new()
    {
        [Tokenizer.Cl100k] = (new BytePairEncoder(Tokenizer.Cl100k), TiktokenTokenizer.CreateForEncoding("cl100k_base")),
        [Tokenizer.O200k] = (new BytePairEncoder(Tokenizer.O200k), TiktokenTokenizer.CreateForEncoding("o200k_base")),
    };

    public static TheoryData<Tokenizer> Tokenizers => [.. Encoders.Keys];

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Words_of_every_length_and_kind_have_the_tokens_that_the_library_gives_them(Tokenizer tokenizer) =>
        Properties.ForSeeds(30, random =>
    {
        var (ours, library) = Encoders[tokenizer];
        string[] alphabets = ["ab", "ACGT", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", " ", " \t", "\n ",
            "\r\n", "=-_", "!/\n", "а́бв", "漢字仮名", "e\u0301\u0302", "𝄞😀", "İıſ'sS", "\0\u0001", "1234567890"];
        var text = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ =>
        {
            var alphabet = alphabets[random.Next(alphabets.Length)].EnumerateRunes().ToList();
            return string.Concat(
                Enumerable.Range(0, random.Next(1, 900))
                    .Select(_ => alphabet[random.Next(alphabet.Count)].ToString())) + (random.Next(2) == 0 ? " word" : "");
        }));

        Assert.Equal(library.EncodeToIds(text), ours.Encode(text));
    });

    [Theory]
    [InlineData("A", 200_000)]
    [InlineData("ACGTTGCA", 20_000)]
    [InlineData(" ", 100_000)]
    [InlineData("\n", 100_000)]
    [InlineData("=", 100_000)]
    [InlineData("é", 80_000)]
    [InlineData("e\u0301", 100_000)]
    [InlineData("Aa", 80_000)]
    [InlineData("7", 100_000)]
    [InlineData("\0", 100_000)]
    [InlineData("'s", 50_000)]
    [InlineData(" \n", 50_000)]
    [InlineData("<|endoftext|>", 10_000)]
    [InlineData("<|", 50_000)]
    [InlineData("var a=function(b){return b?c[d]:e};", 10_000)]
    public void Time_grows_with_the_length_and_not_with_its_square(string part, int times)
    {
        foreach (var (encoder, _) in Encoders.Values)
        {
            var text = string.Concat(Enumerable.Repeat(part, times));
            var watch = Stopwatch.StartNew();

            var tokens = encoder.Encode(text);

            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 15);
            Assert.NotEmpty(tokens);
        }
    }
}
