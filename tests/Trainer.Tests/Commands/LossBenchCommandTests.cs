using System.CommandLine;
using System.Text.Json;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Commands;

[Collection(AloneCollection.Name)]
public sealed class LossBenchCommandTests
{
    [Theory]
    [InlineData("Float32")]
    [InlineData("BFloat16")]
    public void The_fused_loss_takes_less_memory_than_the_composed_one(string precision)
    {
        using var folder = new TemporaryFolder();
        using StringWriter output = new(), error = new();
        var file = folder.File("results/loss.json");

        var exit = LossBenchCommand.Create()
            .Parse(
                ["--tokens", "640", "--channels", "16", "--vocabulary", "32768", "--threads", "1", "--rounds", "1", "--precision",
                    precision, "--json", file])
            .Invoke(new InvocationConfiguration { Output = output, Error = error });

        Assert.Equal((0, ""), (exit, error.ToString()));
        Assert.Contains("time", output.ToString(), StringComparison.Ordinal);
        using var results = JsonDocument.Parse(File.ReadAllBytes(file));
        var memory = results.RootElement.EnumerateArray().Single(r => r.GetProperty("metric").GetString() == "peak memory");
        Assert.InRange(memory.GetProperty("ratio").GetDouble(), 0, 0.7);
    }
}
