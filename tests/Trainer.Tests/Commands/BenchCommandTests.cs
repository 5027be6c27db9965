using System.CommandLine;
using System.Text.Json;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Commands;

[Collection(AloneCollection.Name)]
public sealed class BenchCommandTests
{
    private static readonly string[] Small =
        ["--layers", "1", "--width", "8", "--heads", "2", "--context", "8", "--batch-tokens", "16", "--rounds", "5", "--warm-up", "0"];

    [Fact]
    public void Every_variant_gets_a_line_with_its_ratio_to_the_first()
    {
        var (exit, output, error) = Bench([.. Small, "--variants", "mhc", "standard"]);

        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Contains("1.00 of mhc", output, StringComparison.Ordinal);
        Assert.Contains(output.Split('\n'),
            line => line.StartsWith("standard", StringComparison.Ordinal) && line.Contains(" of mhc", StringComparison.Ordinal));
    }

    [Fact]
    public void With_memory_each_line_and_the_results_say_the_most_that_a_variant_took()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("results/bench.json");

        var (exit, output, error) =
            Bench(
            ["--layers", "2", "--width", "64", "--context", "64", "--batch-tokens", "512", "--rounds", "5", "--warm-up", "0", "--memory",
                "--json", file, "--variants", "standard", "mhc", "mhc-least-memory"]);

        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Matches(@"\nmhc .* peak \d+ MiB in use \(\d\.\d\d\), \d+ MiB resident \(\d\.\d\d\)\n", output);
        Assert.Matches(
            @"\nmhc-least-memory .*\(the first 1 layers are computed again, 1 at a time, and streams are kept once in 2 sublayers\)\n",
            output);
        using var results = JsonDocument.Parse(File.ReadAllBytes(file));
        var peaks = results.RootElement.EnumerateArray()
            .Where(r => r.GetProperty("metric").GetString()!.StartsWith("peak memory in use", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, peaks.Count);
        Assert.All(peaks, p => Assert.InRange(p.GetProperty("value").GetDouble(), 1 << 20, 1 << 28));
        Assert.Contains("\nresident memory: ", output, StringComparison.Ordinal);
        Assert.Contains("step, mhc", results.RootElement.EnumerateArray().Select(r => r.GetProperty("metric").GetString()));
    }

    [Theory]
    [InlineData("standard", "residual path", "Float32")]
    [InlineData("mhc", "mHC connection", "Float32")]
    [InlineData("mhc", "mHC connection", "BFloat16")]
    [InlineData("hyper-connections", "residual path", "Float32")]
    public void The_profile_names_at_least_95_percent_of_the_step(string variant, string part, string precision)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("bench.json");

        var (exit, output, _) = Bench(
            ["--layers", "2", "--width", "128", "--context", "128", "--batch-tokens", "512", "--rounds", "5", "--warm-up", "1", "--profile",
                "--json", file, "--variants", variant, "--precision", precision]);

        Assert.Equal(0, exit);
        using var results = JsonDocument.Parse(File.ReadAllBytes(file));
        var values = results.RootElement.EnumerateArray()
            .ToDictionary(r => r.GetProperty("metric").GetString()!, r => r.GetProperty("value").GetDouble(), StringComparer.Ordinal);
        var accounted = results.RootElement.EnumerateArray()
            .Single(r => r.GetProperty("metric").GetString() == $"profile, {variant}: accounted");
        Assert.InRange(accounted.GetProperty("ratio").GetDouble(), 0.95, 1.0);
        Assert.Matches(@"\naccounted: 9\d\.\d ?%|\naccounted: 100\.0 ?%", output);
        string[] both = ["embedding", part, "attention, product to queries, keys and values", "attention, rotary positions",
            "attention, scores and sums", "attention, product to the output", "feed-forward, product to gate and up",
            "feed-forward, SwiGLU", "feed-forward, product down", "head and loss"];
        Assert.All(
            both, name => Assert.True(
                values[$"profile, {variant}: {name} (Forward)"] > 0 && values[$"profile, {variant}: {name} (Backward)"] > 0, name));
        Assert.All((string[])["gradient norm and clipping", "optimizer"],
            name => Assert.True(values[$"profile, {variant}: {name} (Update)"] > 0, name));
        var products = values.Where(v => v.Key.Contains("product", StringComparison.Ordinal)).ToList();
        Assert.True(
            products.Where(v => v.Key.Contains("Backward", StringComparison.Ordinal)).Sum(v => v.Value) > products.Where(
                v => v.Key.Contains("Forward", StringComparison.Ordinal)).Sum(v => v.Value), "products take two gradients");
    }

    [Theory]
    [InlineData("--rounds", "4", "--rounds must be at least 5")]
    [InlineData("--batch-tokens", "17", "--batch-tokens must be a multiple of --context (8), not 17")]
    [InlineData("--heads", "3", "model.width must be a multiple of model.heads")]
    [InlineData("--streams", "9", "model.mhc.streams must be from 1 to 8")]
    [InlineData("--layers", "0", "--layers: '0' was given; a whole number from 1")]
    [InlineData("--variants", "other", "--variants: 'other' was given; one of standard, mhc, mhc-reference")]
    [InlineData("--threads", "1025", "--threads: '1025' was given; a whole number from 1 to 1024 was expected")]
    [InlineData("--variants", "", "--variants: '' was given; one of standard, mhc, mhc-reference")]
    public void What_cannot_be_run_is_said(string option, string value, string message)
    {
        var at = Array.IndexOf(Small, option);
        string[] arguments = at < 0 ? [.. Small, option, value] : [.. Small[..at], option, value, .. Small[(at + 2)..]];

        var (exit, _, error) = Bench(arguments);

        Assert.NotEqual(0, exit);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", error, StringComparison.Ordinal);
    }

    private static (int Exit, string Output, string Error) Bench(string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var exit = BenchCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (exit, output.ToString(), error.ToString());
    }
}
