using System.Diagnostics;
using System.Text;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Tests.Data;

public sealed class DataSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_follow_each_other_in_ordinal_order_and_samples_run_across_them()
    {
        _folder.Write("b/2.txt", "ghij"u8);
        _folder.Write("a.txt", "abc"u8);
        _folder.Write("b/1.txt", "def"u8);
        _folder.Write("b/.hidden", "XXXX"u8);
        _folder.Write("..versions/a.txt", "XXXX"u8);
        _folder.Write("empty.txt", ""u8);

        using var data = Open(context: 4);

        Assert.Equal(2, data.TrainingSamples);
        Assert.Equal("abcde", Sample(data, 0, 5));
        Assert.Equal("efghi", Sample(data, 1, 5));
    }

    [Fact]
    public void The_end_is_kept_back_for_validation()
    {
        _folder.Write("a.txt", Encoding.UTF8.GetBytes(new string('a', 75) + new string('b', 25)));

        using var data = Open(context: 8, validation: 0.25);

        Assert.Equal((75 - 1) / 8, data.TrainingSamples);
        Assert.Equal((25 - 1) / 8, data.ValidationSamples);
        Assert.All(Enumerable.Range(0, (int)data.TrainingSamples), i => Assert.Equal("aaaaaaaaa", Sample(data, i, 9)));
        var tokens = new long[9];
        data.ReadValidation(0, tokens);
        Assert.All(tokens, t => Assert.Equal('b', t));
    }

    [Fact]
    public void Too_few_tokens_say_how_many_were_expected()
    {
        _folder.Write("a.txt", "short"u8);

        Fails(() => Open(context: 100), "5 tokens", "101", "contextLength");
    }

    [Fact]
    public void An_empty_folder_is_an_error() => Fails(() => Open(context: 8), "0 tokens in 0 files", _folder.Path);

    [Fact]
    public void A_missing_source_is_named() =>
        Fails(() => Open(context: 8, path: _folder.File("nowhere")), "nowhere", "no such file or folder");

    [Fact]
    public void A_folder_that_links_to_itself_is_an_error()
    {
        _folder.Write("a.txt", "some text"u8);
        Directory.CreateSymbolicLink(_folder.File("loop"), _folder.Path);

        Fails(() => Open(context: 4), "a link that leads back", "loop");
    }

    [Theory]
    [InlineData("/dev", "devtmpfs tmpfs proc")]
    [InlineData("/proc", "proc")]
    [InlineData("/sys", "sysfs")]
    public void A_folder_that_shows_what_the_machine_does_is_refused_and_not_listed(string folder, string kinds)
    {
        var began = Stopwatch.GetTimestamp();

        var error = Assert.Throws<TrainerException>(() => Open(context: 4, path: folder));

        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.Contains(kinds.Split(' '), kind => error.Message.Contains($"({kind})", StringComparison.Ordinal));
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 30);
    }

    [Fact]
    public void Links_that_fan_out_at_each_level_have_an_end()
    {
        for (var level = 0; level < 20; level++)
        {
            Directory.CreateDirectory(_folder.File($"{level}"));
            foreach (var name in level == 0 ? [] : (string[])["a", "b", "c", "d"])
            {
                Directory.CreateSymbolicLink(_folder.File($"{level}/{name}"), _folder.File($"{level - 1}"));
            }
        }

        Fails(() => Open(context: 4, path: _folder.File("19")), "more than 100000 folders");
    }

    [Fact]
    public void A_folder_that_two_links_name_is_read_twice()
    {
        _folder.Write("elsewhere/a.txt", "some text"u8);
        Directory.CreateSymbolicLink(_folder.File("again"), _folder.File("elsewhere"));

        using var data = Open(context: 4);

        Assert.Contains("(2 files, 18 tokens)", data.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_text_is_named_with_the_bad_byte()
    {
        _folder.Write("good.txt", "héllo"u8);
        _folder.Write("picture.png", [0x61, 0x62, 0x89, 0x50]);

        Fails(() => Open(context: 4), "picture.png", "byte 2", "UTF-8");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_character_that_crosses_the_blocks_of_the_check_is_whole(int shift)
    {
        var text = new string('a', (1 << 20) - shift) + "𝄞 and more";
        _folder.Write("a.txt", Encoding.UTF8.GetBytes(text));

        using var data = Open(context: 4);

        Assert.Equal((Encoding.UTF8.GetByteCount(text) - 1) / 4, data.TrainingSamples);
    }

    [Fact]
    public void A_text_that_ends_in_half_a_character_is_an_error()
    {
        _folder.Write("a.txt", [.. Encoding.UTF8.GetBytes(new string('a', 1 << 20)), 0xF0, 0x9D]);

        Fails(() => Open(context: 4), "byte 1048576");
    }

    [Fact]
    public void A_file_that_shrinks_while_it_is_trained_on_is_an_error_and_not_silence()
    {
        var path = _folder.Write("a.txt", Encoding.UTF8.GetBytes(new string('a', 100)));
        using var data = Open(context: 8);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(50);
        }

        Fails(() => Sample(data, data.TrainingSamples - 1, 9), path, "bytes 88 to 96", "only 50", "must not change");
    }

    [Fact]
    public void A_token_outside_the_vocabulary_is_found_before_training_with_its_position()
    {
        _folder.Write(
            "1.bin", [.. BitConverter.GetBytes((ushort)1), .. BitConverter.GetBytes((ushort)300), .. BitConverter.GetBytes((ushort)2)]);

        Fails(() => DataSet.Open(Spec(_folder.Path, DataFormat.Tokens), 2, 256, corpus: null), "token 300", "position 1", "256");
    }

    [Fact]
    public void Of_a_folder_of_tokens_only_the_bin_files_are_read()
    {
        _folder.Write("README.md", "not tokens"u8);
        _folder.Write("train.bin", [1, 0, 2, 0, 3, 0]);

        using var data = DataSet.Open(Spec(_folder.Path, DataFormat.Tokens), 2, 256, corpus: null);

        var tokens = new long[3];
        data.ReadTraining(0, tokens);
        Assert.Equal([1, 2, 3], tokens);
    }

    [Fact]
    public void A_folder_without_token_files_is_an_error()
    {
        _folder.Write("README.md", "not tokens"u8);

        Fails(() => DataSet.Open(Spec(_folder.Path, DataFormat.Tokens), 2, 256, corpus: null), _folder.Path, "none of the 1 files",
            "*.bin");
    }

    [Fact]
    public void Text_for_a_tokenizer_that_is_not_there_is_a_configuration_error()
    {
        var error = Assert.Throws<TrainerException>(
            () => DataSet.Open(Spec(_folder.Path, DataFormat.Text) with { Tokenizer = Tokenizer.O200k }, 8, 200_019, corpus: null));

        Assert.Equal(ExitCode.ConfigurationWrong, error.ExitCode);
        Assert.Contains("spec.data.tokenizer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_source_the_corpus_is_used()
    {
        _folder.Write("a.txt", "some text of the image"u8);

        using var data = DataSet.Open(new DataSpec(), 4, 256, corpus: _folder.Path);

        Assert.Contains(_folder.Path, data.Origin, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DataFormat.Text)]
    [InlineData(DataFormat.Tokens)]
    public void Of_many_files_few_are_open(DataFormat format)
    {
        var name = format == DataFormat.Text ? "txt" : "bin";
        for (var i = 0; i < 400; i++)
        {
            _folder.Write($"{i:D4}.{name}", format == DataFormat.Text ? "text"u8 : [1, 0, 2, 0]);
        }

        using var data = DataSet.Open(Spec(_folder.Path, format), 8, 256, corpus: null);
        for (var sample = 0; sample < data.TrainingSamples; sample++)
        {
            data.ReadTraining(sample, new long[9]);
        }

        Assert.InRange(
            Directory.EnumerateFileSystemEntries("/proc/self/fd")
                .Count(f => new FileInfo(f).LinkTarget?.StartsWith(_folder.Path, StringComparison.Ordinal) == true), 1, OpenFiles.Default);
        Assert.DoesNotContain(_folder.Path, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_of_another_kind_is_named()
    {
        _folder.Write("a.txt.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFE]);
        Fails(() => Open(context: 4), "a.txt.gz", "gzip -d");
        File.Delete(_folder.File("a.txt.gz"));
        _folder.Write("wide.txt", Encoding.Unicode.GetBytes("text of two bytes a character"));
        Fails(() => Open(context: 4), "wide.txt", "UTF-16", "iconv");
        File.Delete(_folder.File("wide.txt"));
        _folder.Write("pointer.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 5\n"u8);
        Fails(() => Open(context: 4), "pointer.txt", "git lfs pull");
    }

    [Fact]
    public void Standard_input_is_refused_with_what_to_do() =>
        Fails(() => Open(context: 4, path: "-"), "standard input", "mhc-trainer prepare");

    private DataSet Open(int context, double validation = 0, string? path = null) =>
        DataSet.Open(Spec(path ?? _folder.Path, DataFormat.Text) with { ValidationFraction = validation }, context, 256, corpus: null);

    private static DataSpec Spec(string path, DataFormat format) =>
        new() { Source = new DataSource { Path = path }, Format = format, ValidationFraction = 0 };

    private static string Sample(DataSet data, long sample, int length)
    {
        var tokens = new long[length];
        data.ReadTraining(sample, tokens);
        return string.Concat(tokens.Select(t => (char)t));
    }

    private static void Fails(Func<object> action, params string[] words) => Fails(() => { _ = action(); }, words);

    private static void Fails(Action action, params string[] words)
    {
        var error = Assert.Throws<TrainerException>(action);
        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.All(words, w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
    }
}
