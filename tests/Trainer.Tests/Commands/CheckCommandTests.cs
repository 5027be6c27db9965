using System.CommandLine;
using System.Text.Json.Nodes;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Tests.Vectors;

namespace MhcOperator.Trainer.Tests.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mhc-vectors-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("both", 2)]
    [InlineData("native", 1)]
    [InlineData("reference", 1)]
    public void Right_vectors_give_a_line_per_quantity_and_exit_0(string kernels, int paths)
    {
        File.Copy(SampleVectors.Layer, Path.Combine(_folder.FullName, "layer.json"));

        var (exit, output, error) = Check(kernels);

        Assert.Equal(0, exit);
        Assert.Empty(error);
        Assert.Equal(9 * paths, output.Split('\n').Count(line => line.EndsWith(" ok", StringComparison.Ordinal)));
        Assert.Contains("grad_alpha", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_number_gives_exit_1_and_names_the_quantity()
    {
        Write("sinkhorn.json", SampleVectors.Sinkhorn,
            file => file["grad_logits"]![3] = file["grad_logits"]![3]!.GetValue<double>() + 1e-3);

        var (exit, output, _) = Check();

        Assert.Equal(1, exit);
        var beyond = output.Split('\n').Where(line => line.EndsWith("BEYOND", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, beyond.Count);
        Assert.All(beyond, line => Assert.Contains("grad_logits", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("phi")]
    [InlineData("kind")]
    [InlineData("n")]
    public void A_missing_field_gives_exit_2_and_names_file_and_field(string field)
    {
        Write("layer.json", SampleVectors.Layer, file => file.Remove(field));

        var (exit, _, error) = Check();

        Assert.Equal(2, exit);
        Assert.Contains($"layer.json: `{field}` is missing", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_array_of_the_wrong_length_gives_exit_2_and_the_shape_that_was_expected()
    {
        Write("layer.json", SampleVectors.Layer, file => file["bias"]!.AsArray().RemoveAt(0));

        var (exit, _, error) = Check();

        Assert.Equal(2, exit);
        Assert.Contains("`bias` must be an array of 8 numbers, [8] row-major, not 7", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("not json", "not valid JSON")]
    [InlineData("[1, 2]", "JSON object is expected")]
    [InlineData("{\"kind\": \"other\"}", "must be sinkhorn or layer, not other")]
    [InlineData("{\"kind\": \"sinkhorn\", \"n\": 9}", "`n` must be a whole number from 1 to 8, not 9")]
    [InlineData("{\"kind\": \"sinkhorn\", \"n\": 1, \"batch\": 1, \"iterations\": 20, \"logits\": [\"a\"]}",
        "`logits[0]` must be a number")]
    public void A_malformed_file_gives_exit_2_and_the_reason(string text, string reason)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "bad.json"), text);

        var (exit, _, error) = Check();

        Assert.Equal(2, exit);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Contains("bad.json", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_folder_gives_exit_2()
    {
        var (exit, _, error) = Check();

        Assert.Equal(2, exit);
        Assert.Contains("holds no vector files", error, StringComparison.Ordinal);
    }

    private void Write(string name, string sample, Action<JsonObject> change)
    {
        var file = JsonNode.Parse(File.ReadAllText(sample))!.AsObject();
        change(file);
        File.WriteAllText(Path.Combine(_folder.FullName, name), file.ToJsonString());
    }

    private (int Exit, string Output, string Error) Check(string kernels = "both")
    {
        using StringWriter output = new(), error = new();
        var exit = CheckCommand.Create().Parse(["--vectors", _folder.FullName, "--kernels", kernels])
            .Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (exit, output.ToString(), error.ToString());
    }
}
