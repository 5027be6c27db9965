using System.Runtime.Versioning;
using System.Text.Json.Nodes;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Commands;

/// <summary>bench/pytorch/compare.py with programs in the place of the trainer and of PyTorch that say what they were told to.</summary>
[SupportedOSPlatform("linux")]
public sealed class PyTorchComparisonTests : IDisposable
{
    /// <summary>100 ms a step compiled, 200 ms eager, both twice that with mHC; the first step after a pause takes long.</summary>
    private const string PyTorch = """
        #!/bin/bash
        case "$*" in *--compile*) ms=100 ;; *) ms=200 ;; esac
        case "$*" in *"--residual mhc"*) ms=$((2 * ms)) ;; esac
        echo ready
        while read -r count; do
          printf '[9999'
          for ((i = 1; i < count; i++)); do printf ', %d' "$ms"; done
          echo ']'
        done
        """;

    private const string Trainer = """
        #!/bin/bash
        case "$1" in
          bench) rows='[{"metric": "step, standard", "value": 125}, {"metric": "step, mhc", "value": 130}]' ;;
          bench-kernels) rows='[{"metric": "mHC layer without F, forward + backward", "value": 40}]' ;;
        esac
        echo "$rows" > "${@: -1}"
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Ours_is_held_against_the_better_of_eager_and_compiled()
    {
        var (exit, output) = Compare(PyTorch);

        Assert.True(exit == 0, output);
        var rows = JsonNode.Parse(File.ReadAllText(_folder.File("rows.json")))!.AsArray();
        Assert.Equal(
            [
                ("Standard, 6 layers, width 512, context 512, batch 4, Float32; beside PyTorch, compiled", 16384, 20480, 0.8, 1.0, false),
                ("mHC, 6 layers, width 512, context 512, batch 4, Float32; beside PyTorch, compiled", 15753.8, 10240, 1.538, 1.25, true),
                ("step, mHC beside Standard, 6 layers, width 512, context 512, batch 4, Float32; ours", 130, 125, 1.04, 1.067, true),
                ("step, mHC beside Standard, 6 layers, width 512, context 512, batch 4, Float32; PyTorch, eager", 400, 200, 2, null, null),
                ("step, mHC beside Standard, 6 layers, width 512, context 512, batch 4, Float32; PyTorch, compiled", 200, 100, 2,
                    null, null),
                ("mHC layer without F, forward + backward; beside PyTorch, compiled", 40, 100, 2.5, 2, true),
            ],
            rows.Select(
                r => ((string)r!["metric"]!, Math.Round((double)r["value"]!, 1), (double)r["baseline"]!, Math.Round((double)r["ratio"]!, 3),
                    (double?)r["target"], (bool?)r["met"])));
    }

    [Fact]
    public void A_PyTorch_that_ends_is_named_and_nothing_is_written()
    {
        var (exit, output) = Compare("#!/bin/bash\nexit 3\n");

        Assert.Equal(1, exit);
        Assert.Contains("compare.py: PyTorch ended with 3", output, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("rows.json")));
    }

    private (int Exit, string Output) Compare(string pyTorch)
    {
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "Commands", "compare.py"), "--trainer", Program("trainer", Trainer), "--python",
            Program("pytorch", pyTorch),
            "--json", _folder.File("rows.json"), "--sizes", "512:8:512:4", "--precisions", "Float32", "--rounds", "2",
        ];
        using var python = TrainerProcess.Start("python3", arguments, new Dictionary<string, string>(StringComparer.Ordinal));
        return (python.Wait(), python.Output);
    }

    private string Program(string name, string text)
    {
        var path = _folder.File(name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }
}
