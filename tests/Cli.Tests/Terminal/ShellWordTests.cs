using System.Diagnostics;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Tests.Terminal;

public sealed class ShellWordTests
{
    [Theory]
    [InlineData("jobs/a-1.yaml")]
    [InlineData("my run")]
    [InlineData("it's $HOME `id`; \"x\" | y & z\n\\")]
    [InlineData("日本")]
    [InlineData("")]
    public async Task A_shell_reads_the_word_as_the_text(string text)
    {
        using var process = Process.Start(
            new ProcessStartInfo("sh", ["-c", $"printf %s_ {ShellWord.Of(text)}"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true
            })!;

        Assert.Equal($"{text}_", await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_needs_no_quotes_has_none() => Assert.Equal("jobs/a-1.yaml", ShellWord.Of("jobs/a-1.yaml"));
}
