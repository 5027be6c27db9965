using System.CommandLine;
using System.Text.Json;
using MhcOperator.Trainer.Commands;

namespace MhcOperator.Trainer.Tests.Commands;

public sealed class KernelBenchCommandTests
{
    private static readonly string[] Small = ["--tokens", "17", "--channels", "9", "--streams", "3", "--threads", "1", "--rounds", "5"];

    [Fact]
    public void Every_kernel_gets_a_line_and_a_json_entry_with_its_ratio_to_a_baseline()
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "sub", "kernels.json");

        var (exit, output, error) = Bench([.. Small, "--json", file]);

        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Contains("17 tokens, C = 9, n = 3", output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        Assert.Equal(8, json.RootElement.GetArrayLength());
        Assert.All(json.RootElement.EnumerateArray(), entry =>
        {
            var metric = entry.GetProperty("metric").GetString()!;
            Assert.Contains(metric, output, StringComparison.Ordinal);
            Assert.True(entry.GetProperty("value").GetDouble() > 0, metric);
            Assert.True(entry.GetProperty("ratio").GetDouble() > 0, metric);
            Assert.Equal(entry.GetProperty("ratio").GetDouble() >= entry.GetProperty("target").GetDouble(),
                entry.GetProperty("met").GetBoolean());
        });
    }

    [Theory]
    [InlineData("--rounds", "4", "--rounds: '4' was given; a whole number from 5 to 10000")]
    [InlineData("--streams", "9", "--streams: '9' was given; a whole number from 1 to 8")]
    [InlineData("--tokens", "0", "--tokens: '0' was given; a whole number from 1")]
    public void What_cannot_be_run_is_said(string option, string value, string message)
    {
        var at = Array.IndexOf(Small, option);

        var (exit, _, error) = Bench([.. Small[..at], option, value, .. Small[(at + 2)..]]);

        Assert.NotEqual(0, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    private static (int Exit, string Output, string Error) Bench(string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var exit = KernelBenchCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (exit, output.ToString(), error.ToString());
    }
}
