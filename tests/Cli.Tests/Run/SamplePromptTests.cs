using MhcOperator.Api;
using MhcOperator.Cli.Run;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Run;

public sealed class SamplePromptTests : IDisposable
{
    private readonly MhcShell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Theory]
    [InlineData("It was a bright cold day in April, and the clocks were striking thirteen.", "It was a bright cold day ")]
    [InlineData("\n\n  Call me Ishmael.\nSome years ago", "Call me Ishmael.")]
    [InlineData("Ça va\r\nbien", "Ça va")]
    [InlineData("ACGTTGCAACGTTGCAACGTTGCAACGTTGCAACGTTGCA", "\n")]
    [InlineData("", "\n")]
    public void A_sample_begins_as_the_text_does(string text, string prompt)
    {
        _shell.Write("text", text);

        Assert.Equal(prompt, SamplePrompt.For(new DataSpec { Source = new DataSource { Path = "text" } }, corpus: null, _shell.Folder));
        Assert.Equal(prompt, SamplePrompt.For(new DataSpec { Source = new DataSource { Path = "." } }, corpus: null, _shell.Folder));
        Assert.Equal(prompt, SamplePrompt.For(new DataSpec(), corpus: _shell.Folder, "/"));
    }

    [Fact]
    public void What_has_no_text_of_its_own_begins_otherwise()
    {
        Assert.Equal("Gets the ", SamplePrompt.For(new DataSpec(), corpus: null, _shell.Folder));
        Assert.Equal("\n", SamplePrompt.For(new DataSpec { Format = DataFormat.Tokens }, corpus: null, _shell.Folder));
        Assert.Equal("\n", SamplePrompt.For(new DataSpec { Source = new DataSource { Path = "nowhere" } }, corpus: null, _shell.Folder));
    }
}
