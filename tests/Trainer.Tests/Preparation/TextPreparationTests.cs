using System.Text;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Preparation;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Preparation;

public sealed class TextPreparationTests : IDisposable
{
    private static readonly BytePairEncoder Encoder = new(Tokenizer.O200k);

    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("prepared");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Tokenizer.Cl100k, new[] { 15339, 1917 }, 100_257)]
    [InlineData(Tokenizer.O200k, new[] { 24912, 2375 }, 199_999)]
    public void Tokens_are_those_of_the_published_encodings(Tokenizer tokenizer, int[] helloWorld, int endOfText)
    {
        var encoder = new BytePairEncoder(tokenizer);

        Assert.Equal(helloWorld, encoder.Encode("hello world"));
        Assert.Equal(endOfText, encoder.EndOfText);
        Assert.InRange(encoder.EndOfText, 0, encoder.Vocabulary - 1);
    }

    [Fact]
    public void A_special_token_that_a_text_spells_out_is_text()
    {
        var tokens = Encoder.Encode("a <|endoftext|> b<|endofprompt|>");

        Assert.DoesNotContain(Encoder.EndOfText, tokens);
        Assert.Equal("a <|endoftext|> b<|endofprompt|>", Encoder.Decode(tokens));
        Assert.Equal([.. Encoder.Encode("<|"), .. Encoder.Encode("endoftext|>")], Encoder.Encode("<|endoftext|>"));
    }

    [Fact]
    public void Pieces_shards_and_threads_leave_the_tokens_as_they_are() => Properties.ForSeeds(15, random =>
    {
        using var folder = new TemporaryFolder();
        string[] words = ["word", "é𝄞", "\n", "\n\n", "\r\n", " ", "  ", "}", "\n/", "12345", "\t", "don't", "A", "<|endoftext|>", "漢字"];
        var texts = Enumerable.Range(0, random.Next(1, 4))
            .Select(_ => string.Concat(Enumerable.Range(0, random.Next(0, 400)).Select(_ => words[random.Next(words.Length)]))).ToList();
        var files = texts.Select((t, i) => folder.Write($"{i}.txt", Encoding.UTF8.GetBytes(t))).ToList();
        var expected = texts.Where(t => t.Length > 0).SelectMany(t => Encoder.Encode(t).Append(Encoder.EndOfText)).Select(t => (long)t)
            .ToList();
        var shardTokens = random.Next(1, 200);

        var prepared = new TextPreparation(Tokenizer.O200k, shardTokens, new TextCutter(random.Next(1, 100), 1 << 20),
            random.Next(1, 4)).Run([.. files.SelectMany(TextSource.Find)], folder.File("out"), (_, _) => { });

        Assert.Equal(expected.Count, prepared.Tokens);
        Assert.Equal(expected, Read(folder.File("out"), prepared));
        Assert.All(prepared.Shards.SkipLast(1), s => Assert.Equal(shardTokens, s.Tokens));
    });

    [Fact]
    public void A_text_without_lines_is_cut_between_characters()
    {
        var text = string.Concat(Enumerable.Repeat("𝄞 é", 50));
        var path = _folder.Write("a.txt", Encoding.UTF8.GetBytes(text));
        using var file = File.OpenRead(path);

        var pieces = new TextCutter(10, 21).Cut(file).ToList();

        Assert.InRange(pieces.Count, 15, 50);
        Assert.Equal(text, string.Concat(pieces.Select(p => new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(p.Bytes))));
        Assert.Equal([true], pieces.Select(p => p.EndsDocument).Distinct().Where(e => e));
    }

    [Fact]
    public void A_byte_that_is_no_text_is_named_with_its_place_and_nothing_is_left_that_looks_whole()
    {
        _folder.Write("good.txt", "good"u8);
        var bad = _folder.Write("bad.txt", [.. Encoding.UTF8.GetBytes(new string('a', 100) + "\nb"), 0xFF]);

        var error = Assert.Throws<TrainerException>(() =>
            new TextPreparation(Tokenizer.O200k, 10, new TextCutter(10, 100), 2)
                .Run([.. TextSource.Find(_folder.File("good.txt")), .. TextSource.Find(bad)], Output, (_, _) => { }));

        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.Contains("bad.txt", error.Message, StringComparison.Ordinal);
        Assert.Contains("byte 102", error.Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(Output));
    }

    [Fact]
    public void A_run_after_an_interrupted_one_begins_anew()
    {
        var leftover = _folder.Write(".prepared.unfinished/tokens-00009.bin", [1, 2, 3]);
        var text = _folder.Write("a.txt", "some text"u8);

        Prepare(text);

        Assert.False(Path.Exists(leftover));
        Assert.Equal(["tokens-00000.bin", "tokens.json"],
            Directory.GetFiles(Output).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_folder_that_is_there_is_not_touched()
    {
        var kept = _folder.Write("prepared/kept", "kept"u8);

        var error = Assert.Throws<TrainerException>(() => Prepare(_folder.Write("a.txt", "text"u8)));

        Assert.Equal(ExitCode.ConfigurationWrong, error.ExitCode);
        Assert.Contains("--output", error.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(kept));
    }

    [Fact]
    public void Prepared_data_refuses_another_tokenizer()
    {
        Prepare(_folder.Write("a.txt", "some text to be prepared"u8));

        var error = Assert.Throws<TrainerException>(() => Open(Tokenizer.Cl100k));

        Assert.Equal(ExitCode.ConfigurationWrong, error.ExitCode);
        Assert.Contains("spec.data.tokenizer: Cl100k was given", error.Message, StringComparison.Ordinal);
        Assert.Contains("O200k", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_prepared_folder_that_lacks_a_file_is_an_error()
    {
        Prepare(_folder.Write("a.txt", "some text that is longer than one shard, on purpose"u8));
        File.Delete(Path.Combine(Output, "tokens-00001.bin"));

        var error = Assert.Throws<TrainerException>(() => Open(Tokenizer.O200k));

        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.Contains("tokens-00001.bin: 4 tokens were expected (tokens.json); 0 are there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepared_data_is_opened_as_any_other()
    {
        Prepare(_folder.Write("a.txt", "some text that is longer than one shard, on purpose"u8));

        using var data = Open(Tokenizer.O200k);

        var tokens = new long[9];
        data.ReadTraining(0, tokens);
        Assert.Equal("some text that is longer than one shard,", Encoder.Decode(tokens.Select(t => (int)t)));
    }

    [Fact]
    public void A_file_of_prepared_data_that_is_given_by_itself_is_held_against_what_was_written()
    {
        Prepare(_folder.Write("a.txt", "some text that is longer than one shard, on purpose"u8));
        var shard = Path.Combine(Output, "tokens-00001.bin");

        using (var data = DataSet.Open(Spec(Tokenizer.O200k, shard), 2, Vocabulary.Of(Tokenizer.O200k), corpus: null))
        {
            Assert.Equal(1, data.TrainingSamples);
        }

        Assert.Equal(ExitCode.ConfigurationWrong,
            Assert.Throws<TrainerException>(() => DataSet.Open(Spec(Tokenizer.Cl100k, shard), 2, 200_019, corpus: null)).ExitCode);
        File.Copy(shard, Path.Combine(Output, "other.bin"));
        var unknown = Assert.Throws<TrainerException>(() =>
            DataSet.Open(Spec(Tokenizer.O200k, Path.Combine(Output, "other.bin")), 2, 200_019, corpus: null));
        Assert.Contains("other.bin: tokens.json beside it does not name it", unknown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{\"version\": 1, \"shards\": null}")]
    [InlineData("{\"version\": 1, \"shards\": [null]}")]
    [InlineData("{\"version\": 1, \"shards\": [{\"file\": null}]}")]
    [InlineData("{\"version\": 2}")]
    [InlineData("[]")]
    public void A_damaged_description_is_an_error_that_names_it(string json)
    {
        Prepare(_folder.Write("a.txt", "some text"u8));
        File.WriteAllText(Path.Combine(Output, "tokens.json"), json);

        var error = Assert.Throws<TrainerException>(() => Open(Tokenizer.O200k));

        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.Contains("tokens.json", error.Message, StringComparison.Ordinal);
    }

    private void Prepare(string text) =>
        new TextPreparation(Tokenizer.O200k, 4, new TextCutter(), 1).Run([.. TextSource.Find(text)], Output, (_, _) => { });

    private DataSet Open(Tokenizer tokenizer) => DataSet.Open(Spec(tokenizer, Output), 8, Vocabulary.Of(tokenizer), corpus: null);

    private static DataSpec Spec(Tokenizer tokenizer, string path) =>
        new() { Source = new DataSource { Path = path }, Format = DataFormat.Tokens, Tokenizer = tokenizer, ValidationFraction = 0 };

    private static List<long> Read(string folder, PreparedData prepared)
    {
        using var open = new OpenFiles();
        var sequence = new TokenSequence(
            prepared.Shards.Select(s => TokenFile.OfTokens(Path.Combine(folder, s.File), prepared.Vocabulary, open)), prepared.Vocabulary);
        var tokens = new long[sequence.Length];
        sequence.Read(0, tokens);
        return [.. tokens];
    }
}
