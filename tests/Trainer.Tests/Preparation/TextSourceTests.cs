using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Preparation;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Preparation;

public sealed partial class TextSourceTests : IDisposable
{
    private const string Text = "Once upon a time\nthere was a text\nthat came through a pipe\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cat text | $0 prepare --tokenizer O200k --output $1 -")]
    [InlineData("cat text | $0 prepare --tokenizer O200k --output $1 /dev/stdin")]
    [InlineData("$0 prepare --tokenizer O200k --output $1 - < text")]
    [InlineData("$0 prepare --tokenizer O200k --output $1 <(cat text)")]
    [InlineData("(sleep 0.2; cat text > pipe) & $0 prepare --tokenizer O200k --output $1 pipe")]
    [InlineData("gzip -c text | gzip -d | $0 prepare --tokenizer O200k --output $1 /proc/self/fd/0")]
    public void Standard_input_and_pipes_are_prepared_as_the_same_file_is(string command)
    {
        var file = _folder.Write("text", Encoding.UTF8.GetBytes(Text));
        Assert.Equal(0, MakePipe(_folder.File("pipe")));
        var expected = Prepare(file);

        using var shell = TrainerProcess.Start("bash",
            ["-c", $"cd {_folder.Path}; {command}", TrainerProcess.Program, _folder.File("out")],
            new Dictionary<string, string>(StringComparer.Ordinal));

        Assert.True(shell.Wait() == 0, shell.Output);
        Assert.Equal(File.ReadAllBytes(Path.Combine(expected, "tokens-00000.bin")),
            File.ReadAllBytes(_folder.File("out/tokens-00000.bin")));
        using var json = JsonDocument.Parse(File.ReadAllBytes(_folder.File("out/tokens.json")));
        Assert.Equal(Text.Length, json.RootElement.GetProperty("textBytes").GetInt64());
    }

    [Theory]
    [InlineData("$0 prepare --tokenizer O200k --output $1 folder", "folder/pipe: cannot be read: it is a pipe")]
    [InlineData("$0 prepare --tokenizer O200k --output $1 /dev/zero", "/dev/zero: cannot be read: it is a character device")]
    [InlineData("$0 prepare --tokenizer O200k --output $1 - < /dev/zero", "of its first 512 bytes are 0")]
    [InlineData("gzip -c text | $0 prepare --tokenizer O200k --output $1 -",
        "data file -: not UTF-8 text: it is a gzip file; decompress it first (gzip -d)")]
    [InlineData("$0 prepare --tokenizer O200k --output $1 - <&-", "data file -: cannot be read: standard input is closed")]
    [InlineData("$0 prepare --tokenizer O200k --output $1 nowhere", "there is no such file or folder")]
    public void What_cannot_be_read_is_refused_at_once_with_the_reason(string command, string words)
    {
        _folder.Write("text", Encoding.UTF8.GetBytes(Text));
        Directory.CreateDirectory(_folder.File("folder"));
        Assert.Equal(0, MakePipe(_folder.File("folder/pipe")));

        using var shell = TrainerProcess.Start("bash",
            ["-c", $"cd {_folder.Path}; {command}", TrainerProcess.Program, _folder.File("out")],
            new Dictionary<string, string>(StringComparer.Ordinal));

        Assert.Equal(ExitCode.DataUnreadable, shell.Wait());
        Assert.Contains(words, shell.Output, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder.File("out")));
    }

    [Fact]
    public void More_files_than_a_process_may_open_are_prepared()
    {
        for (var i = 0; i < 600; i++)
        {
            _folder.Write($"many/{i:D4}.txt", Encoding.UTF8.GetBytes($"document {i}\n"));
        }

        using var shell = TrainerProcess.Start("bash",
            ["-c", "ulimit -n 300; $0 prepare --tokenizer O200k --output $1 $2", TrainerProcess.Program, _folder.File("out"),
                _folder.File("many")], new Dictionary<string, string>(StringComparer.Ordinal));

        Assert.True(shell.Wait() == 0, shell.Output);
        Assert.Contains("of 600 documents in 1 files", shell.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_changes_while_it_is_read_is_an_error()
    {
        var path = _folder.Write("text", Encoding.UTF8.GetBytes(Text));
        var source = TextSource.Find(path).Single();
        File.AppendAllText(path, "and more");

        var error = Assert.Throws<TrainerException>(() => source.Cut(new TextCutter()).ToList());

        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.Contains($"it had {Text.Length} bytes at first, and {Text.Length + 8} were read", error.Message, StringComparison.Ordinal);
    }

    private string Prepare(string file)
    {
        var output = _folder.File("expected");
        new TextPreparation(Api.Tokenizer.O200k, 1000, new TextCutter(), 1).Run([.. TextSource.Find(file)], output, (_, _) => { });
        return output;
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode = 0x180);
}
