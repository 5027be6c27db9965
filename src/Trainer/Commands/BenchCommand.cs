using System.CommandLine;
using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using TorchSharp;

namespace MhcOperator.Trainer.Commands;

/// <summary>
/// <c>mhc-trainer bench</c>: the time of a training step on each residual path, variants taking turns so that the machine's other work hits
/// them alike, as ratios of medians to the plain residual network. Exit 2 when the sizes do not fit.
/// </summary>
internal static class BenchCommand
{
    private const int WarmUpRounds = 2;
    private const int LeastRounds = 5;

    private static readonly Dictionary<string, (ResidualKind Residual, KernelKind Kernels)> Variants = new(StringComparer.Ordinal)
    {
        ["standard"] = (ResidualKind.Standard, KernelKind.Native),
        ["mhc"] = (ResidualKind.Mhc, KernelKind.Native),
        ["mhc-reference"] = (ResidualKind.Mhc, KernelKind.Reference),
        ["hyper-connections"] = (ResidualKind.HyperConnections, KernelKind.Native),
    };

    public static Command Create()
    {
        var layers = Size("--layers", "Decoder layers.", 4);
        var width = Size("--width", "C, channels of one stream.", 128);
        var heads = Size("--heads", "Attention heads.", 4);
        var context = Size("--context", "Tokens in a sequence.", 128);
        var batch = Size("--batch-tokens", "Tokens in a step, a multiple of --context.", 2048);
        var streams = Size("--streams", "n, residual streams.", 4);
        var threads = Size("--threads", "libtorch's threads.", 1);
        var rounds = Size("--rounds", $"Measured steps of every variant; at least {LeastRounds}.", 9);
        var only = new Option<string[]>("--variants")
        {
            Description = $"Which variants; the first is what the others are compared with. Default: {string.Join(' ', Variants.Keys)}.",
            DefaultValueFactory = _ => [.. Variants.Keys],
            AllowMultipleArgumentsPerToken = true,
        };
        only.AcceptOnlyFromAmong([.. Variants.Keys]);
        var precision = new Option<Precision>("--precision") { Description = "Float32 or BFloat16.", DefaultValueFactory = _ => Precision.Float32 };
        var command = new Command("bench", "Time a training step on each residual path.") { layers, width, heads, context, batch, streams, threads, rounds, precision, only };
        command.SetAction(parsed =>
        {
            var model = new ModelSpec
            {
                Layers = parsed.GetValue(layers),
                Width = parsed.GetValue(width),
                Heads = parsed.GetValue(heads),
                ContextLength = parsed.GetValue(context),
                Mhc = new MhcSpec { Streams = parsed.GetValue(streams) },
            };
            var (tokens, error) = (parsed.GetValue(batch), parsed.InvocationConfiguration.Error);
            if (parsed.GetValue(rounds) < LeastRounds || tokens % model.ContextLength != 0)
            {
                error.WriteLine(tokens % model.ContextLength != 0
                    ? $"--batch-tokens must be a multiple of --context ({model.ContextLength}), not {tokens}."
                    : $"--rounds must be at least {LeastRounds}, not {parsed.GetValue(rounds)}.");
                return 2;
            }

            torch.set_num_threads(parsed.GetValue(threads));
            try
            {
                Run(model, tokens, parsed.GetValue(precision), parsed.GetValue(rounds), parsed.GetValue(only)!, parsed.InvocationConfiguration.Output);
                return 0;
            }
            catch (ArgumentException exception)
            {
                error.WriteLine(exception.Message);
                return 2;
            }
        });
        return command;
    }

    private static void Run(ModelSpec model, int tokens, Precision precision, int rounds, string[] names, TextWriter output)
    {
        List<StepBenchmark> variants = [];
        try
        {
            foreach (var name in names)
            {
                var (residual, kernels) = Variants[name];
                variants.Add(new StepBenchmark(name, model with { Residual = residual }, tokens, precision, kernels));
            }

            for (var round = -WarmUpRounds; round < rounds; round++)
            {
                variants.ForEach(v => v.Step(record: round >= 0));
            }

            output.WriteLine($"{model.Layers} layers, width {model.Width}, context {model.ContextLength}, {tokens} tokens, n = {model.Mhc.Streams}, {precision}, "
                + $"{torch.get_num_threads()} thread(s), {MhcKernels.InstructionSet} kernels, median of {rounds} interleaved steps");
            foreach (var v in variants)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{v.Name,-22}  {v.Median * 1e3,8:f1} ms  {v.Median / variants[0].Median,5:f2} of {variants[0].Name}  {tokens / v.Median,9:f0} tokens/s"));
            }
        }
        finally
        {
            variants.ForEach(v => v.Dispose());
        }
    }

    private static Option<int> Size(string name, string description, int value)
    {
        var option = new Option<int>(name) { Description = $"{description} Default {value}.", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError($"{name} must be at least 1.");
            }
        });
        return option;
    }
}
