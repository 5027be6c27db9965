using MhcOperator.Cli.Terminal;
using Spectre.Console;

namespace MhcOperator.Cli.Tests.Terminal;

public sealed class RecordsTests
{
    private static readonly (string Name, bool IsNumber)[] Columns =
        [("attempt", false), ("reason", false), ("loss before", true), ("skipped data", false)];
    private static readonly string[][] Rows = [["1", "GradientNormSpike", "12.3456", "110-121"], ["2", "LossSpike", "2.5000", ""]];

    private static string Write(int width, params string[][] rows)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = width;
        Records.Write(console, "Rollbacks", Columns, rows);
        return text.ToString();
    }

    [Fact]
    public void A_table_that_fits_is_a_table()
    {
        var text = Write(80, Rows);
        Assert.Contains("│ 1       │ GradientNormSpike │     12.3456 │ 110-121      │", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(40)]
    [InlineData(30)]
    public void Where_it_does_not_fit_no_word_is_broken(int width)
    {
        var text = Write(width, Rows);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, width));
        var words = text.Split([' ', '\n', ','], StringSplitOptions.RemoveEmptyEntries);
        Assert.All((string[])["Rollbacks", "GradientNormSpike", "12.3456", "110-121", "skipped", "LossSpike"],
            word => Assert.Contains(word, words));
    }

    [Fact]
    public void What_a_terminal_would_obey_is_shown() =>
        Assert.Contains("\\u001b[31mLossSpike", Write(80, ["1", "\u001b[31mLossSpike", "", ""]), StringComparison.Ordinal);
}
