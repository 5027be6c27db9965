using System.Diagnostics;
using MhcOperator.Api.Files;

namespace MhcOperator.Api.Tests.Files;

public sealed class RegularFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-api-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_regular_file_is_read_added_to_and_made()
    {
        var path = Path.Combine(_folder, "file");
        using (var file = RegularFile.OpenAppend(path))
        {
            file.Write("ab"u8);
        }

        using (var file = RegularFile.OpenAppend(path))
        {
            file.Write("c"u8);
        }

        Assert.Equal("abc"u8, RegularFile.ReadAllBytes(path, most: 3));
        Assert.Throws<InvalidDataException>(() => RegularFile.ReadAllBytes(path, most: 2));
        Assert.Throws<FileNotFoundException>(() => RegularFile.OpenRead(path + "x"));
        Assert.Throws<FileNotFoundException>(() => RegularFile.OpenRead(Path.Combine(path, "under a file")));
    }

    [Theory]
    [InlineData("link", "a link", null)]
    [InlineData("link to nothing", "a link", "No such file or directory")]
    [InlineData("device", "a character device", "it is a character device")]
    [InlineData("pipe", "a pipe", "it is a pipe")]
    [InlineData("folder", "a folder", "it is a folder")]
    public void Nothing_else_is_opened_or_waited_for(string what, string words, string? refusal)
    {
        var path = Path.Combine(_folder, "thing");
        var target = Path.Combine(_folder, "target");
        switch (what)
        {
            case "link":
                File.WriteAllText(target, "x");
                File.CreateSymbolicLink(path, target);
                break;
            case "link to nothing":
                File.CreateSymbolicLink(path, target);
                break;
            case "device":
                path = "/dev/zero";
                break;
            case "pipe":
                using (var made = Process.Start("mkfifo", [path]))
                {
                    made.WaitForExit();
                }

                break;
            default:
                Directory.CreateDirectory(path);
                break;
        }

        Assert.Throws<InvalidDataException>(() => RegularFile.OpenRead(path));
        Assert.Throws<InvalidDataException>(() => RegularFile.ReadAllBytes(path, 100));
        if (what is not ("device" or "pipe"))
        {
            Assert.Throws<InvalidDataException>(() => RegularFile.OpenAppend(path));
            Assert.Throws<InvalidDataException>(() => RegularFile.OpenOrCreate(path));
        }

        Assert.Equal(what == "link", File.Exists(target));
        Assert.Equal(words, RegularFile.Find(path, follow: false)?.Words);
        Assert.Equal(what != "link to nothing", RegularFile.Find(path) is not null);

        // What the user has named may be a link to a file, and nothing else but a file.
        var error = Record.Exception(() => RegularFile.OpenNamed(path).Handle.Dispose());
        Assert.Equal(refusal is null, error is null);
        Assert.Contains(refusal ?? "", error?.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rank-00000.safetensors", true)]
    [InlineData("..safetensors", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("../x", false)]
    [InlineData("a/b", false)]
    [InlineData("a\0", false)]
    [InlineData("a\u001b[31m", false)]
    [InlineData("a\n", false)]
    [InlineData(null, false)]
    public void A_plain_name_is_of_the_folder_itself(string? name, bool plain) => Assert.Equal(plain, RegularFile.IsPlainName(name));

    [Fact]
    public void An_error_that_nobody_foresaw_is_one_line_and_a_file()
    {
        var error = new InvalidOperationException("two\nlines", new IOException("inner"));

        var kept = CrashReport.Keep(error, "mhc-test")!;

        Assert.Equal("InvalidOperationException: two lines", CrashReport.Summary(error));
        Assert.Equal("IOException: inner", CrashReport.Summary(new AggregateException(error.InnerException!)));
        Assert.Contains("inner", File.ReadAllText(kept), StringComparison.Ordinal);
        File.Delete(kept);
    }
}
