using System.CommandLine;
using MhcOperator.Trainer.Commands;

namespace MhcOperator.Trainer.Tests.Commands;

public sealed class BenchCommandTests
{
    private static readonly string[] Small = ["--layers", "1", "--width", "8", "--heads", "2", "--context", "8", "--batch-tokens", "16", "--rounds", "5"];

    [Fact]
    public void Every_variant_gets_a_line_with_its_ratio_to_the_first()
    {
        var (exit, output, error) = Bench([.. Small, "--variants", "mhc", "standard"]);

        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Contains("1.00 of mhc", output, StringComparison.Ordinal);
        Assert.Contains(output.Split('\n'), line => line.StartsWith("standard", StringComparison.Ordinal) && line.Contains(" of mhc", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--rounds", "4", "--rounds must be at least 5")]
    [InlineData("--batch-tokens", "17", "--batch-tokens must be a multiple of --context (8), not 17")]
    [InlineData("--heads", "3", "model.width must be a multiple of model.heads")]
    [InlineData("--streams", "9", "model.mhc.streams must be from 1 to 8")]
    [InlineData("--layers", "0", "--layers must be at least 1")]
    [InlineData("--variants", "other", "'other' not recognized")]
    public void What_cannot_be_run_is_said(string option, string value, string message)
    {
        var at = Array.IndexOf(Small, option);
        string[] arguments = at < 0 ? [.. Small, option, value] : [.. Small[..at], option, value, .. Small[(at + 2)..]];

        var (exit, _, error) = Bench(arguments);

        Assert.NotEqual(0, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private static (int Exit, string Output, string Error) Bench(string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var exit = BenchCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (exit, output.ToString(), error.ToString());
    }
}
