using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Generation;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Generation;

public sealed class ModelExportTests : IDisposable
{
    private const int Context = 24;
    private const string DebianPython = "/usr/bin/python3"; // the one that python3-torch belongs to

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_PyTorch_module_of_the_documentation_computes_the_same_logits()
    {
        var page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Generation", "interop.md"));
        var module = page.Split("```python\n")[1].Split("```")[0];
        Assert.InRange(module.Trim().Split('\n').Length, 1, 60);
        File.WriteAllText(_folder.File("mhc_transformer.py"), module);
        File.WriteAllText(_folder.File("compare.py"), """
            import sys
            import torch
            from mhc_transformer import MhcTransformer, load_safetensors

            torch.set_num_threads(1)
            for folder in sys.argv[1:]:
                expected = load_safetensors(f"{folder}/expected.safetensors")
                with torch.no_grad():
                    logits = MhcTransformer(folder)(expected["tokens"].long())
                print(float((logits - expected["logits"]).abs().max() / expected["logits"].abs().max()))
            """);
        string[] folders =
        [
            Export(ResidualKind.Mhc, StreamHead.Sum), Export(ResidualKind.Mhc, StreamHead.Learned),
            Export(ResidualKind.HyperConnections, StreamHead.Learned), Export(ResidualKind.Standard, StreamHead.Sum),
            Export(ResidualKind.Mhc, StreamHead.Sum, MhcCoordinates.Reduced),
        ];

        using var python = TrainerProcess.Start(DebianPython, [_folder.File("compare.py"), .. folders],
            new Dictionary<string, string>(StringComparer.Ordinal));

        Assert.True(python.Wait() == 0, $"{python.Output}\n(eng/setup.sh python3-torch installs what this test needs)");
        var differences = python.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => double.Parse(l, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(folders.Length, differences.Count);
        Assert.All(differences, d => Assert.InRange(d, 0, 2e-5));
    }

    [Fact]
    public void An_export_that_cannot_be_written_names_the_folder()
    {
        var file = _folder.Write("file", "a file"u8);
        using var trained = Trained(ResidualKind.Standard, StreamHead.Sum);

        var error = Assert.Throws<TrainerException>(() => ModelExport.Write(trained, Path.Combine(file, "inside")));

        Assert.Equal(ExitCode.ConfigurationWrong, error.ExitCode);
        Assert.Contains($"--output {file}/inside", error.Message, StringComparison.Ordinal);
    }

    private string Export(ResidualKind residual, StreamHead head, MhcCoordinates parameters = MhcCoordinates.Full)
    {
        var folder = _folder.File($"{residual}-{head}-{parameters}");
        using var trained = Trained(residual, head, parameters);
        ModelExport.Write(trained, folder);
        using var scope = NewDisposeScope();
        var tokens = randint(0, 256, [1, Context], ScalarType.Int64);
        using var file = File.Create(Path.Combine(folder, "expected.safetensors"));
        SafeTensorsWriter.Write(file,
            [new("tokens", tokens[0].to(ScalarType.Float32)), new("logits", trained.Model.Logits(tokens)[0].contiguous())],
            new Dictionary<string, string>(StringComparer.Ordinal));
        return folder;
    }

    private static TrainedModel Trained(ResidualKind residual, StreamHead head, MhcCoordinates parameters = MhcCoordinates.Full) =>
        new(RandomModel.Make(residual, head, Context, KernelKind.Native, parameters),
            new CheckpointManifest { Model = RandomModel.Spec(residual, head, Context, parameters), Vocabulary = 256 });
}
