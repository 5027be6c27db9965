using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MhcOperator.Api;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Telemetry;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MhcOperator.Trainer.Commands;

/// <summary>
/// <c>mhc-trainer bench-loss</c>: output projection and cross-entropy by <see cref="HeadLossFunction"/>, beside the same composed of torch
/// operations.
/// </summary>
internal static class LossBenchCommand
{
    public static Command Create()
    {
        var tokens = BenchTools.Size("--tokens", "Tokens.", 2048);
        var channels = BenchTools.Size("--channels", "C, inputs of the projection.", 512);
        var vocabulary = BenchTools.Size("--vocabulary", "Token numbers.", 50257);
        var threads = BenchTools.Threads(2);
        var rounds = BenchTools.Size("--rounds", "Interleaved rounds; medians are compared.", 5);
        var precision = ChoiceOption.Create<Precision>("--precision", "Float32 or BFloat16; Float32 where absent.");
        var file = BenchTools.ResultFile();
        var command = new Command("bench-loss",
            "Time the fused output projection and cross-entropy against composed torch operations.") { tokens, channels, vocabulary,
                threads, rounds, precision, file };
        command.SetAction(parsed =>
        {
            set_num_threads(parsed.GetValue(threads));
            var output = parsed.InvocationConfiguration.Output;
            var results = Run(parsed.GetValue(tokens), parsed.GetValue(channels), parsed.GetValue(vocabulary), parsed.GetValue(precision),
                parsed.GetValue(rounds));
            output.WriteLine(
                $"{parsed.GetValue(tokens)} tokens, C = {parsed.GetValue(channels)}, V = {parsed.GetValue(vocabulary)}, {parsed.GetValue(precision)}, {get_num_threads()} thread(s), forward + backward, medians of {parsed.GetValue(rounds)} interleaved rounds");
            foreach (var result in results)
            {
                output.WriteLine(
                    string.Create(CultureInfo.InvariantCulture,
                        $"{result.Metric,-20} {result.Value,9:f1} {result.Unit,-4}  composed {result.Baseline,9:f1}  {result.Ratio,5:f2} of composed"));
            }

            BenchTools.Write(parsed.GetValue(file), results);
            return 0;
        });
        return command;
    }

    private static BenchmarkResult[] Run(int tokens, int channels, int vocabulary, Precision precision, int rounds)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        var type = precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        Tensor x = randn([tokens, channels], generator: generator)
            .requires_grad_(), weight = (randn([vocabulary, channels], generator: generator) * 0.02).requires_grad_();
        var targets = randint(0, vocabulary, [tokens], dtype: ScalarType.Int64, generator: generator);

        // What libraries allocate once and for all must not count as the first one's. These rounds warm up for those that are timed.
        Make(Composed);
        var (fused, composed) = (Peak(Fused), Peak(Composed));
        List<double> fusedSeconds = [], composedSeconds = [];
        for (var round = 0; round < rounds; round++)
        {
            fusedSeconds.Add(Make(Fused));
            composedSeconds.Add(Make(Composed));
        }

        return [Result("time", "ms", BenchTools.Median(fusedSeconds) * 1e3, BenchTools.Median(composedSeconds) * 1e3),
            Result("peak memory", "MiB", fused / 1048576.0, composed / 1048576.0)];

        Tensor Fused() => HeadLossFunction.Apply(x, weight, weight.detach().to(type), targets, MatrixProducts.Native(precision));

        Tensor Composed() => F.cross_entropy(F.linear(x.to(type), weight.to(type)).to(ScalarType.Float32), targets);

        double Make(Func<Tensor> loss)
        {
            var watch = Stopwatch.StartNew();
            using var round = NewDisposeScope();
            autograd.grad([loss()], [x, weight]);
            ReturnedGradients.Release();
            BackwardFault.ThrowIfAny();
            return watch.Elapsed.TotalSeconds;
        }

        long Peak(Func<Tensor> loss)
        {
            var peak = PeakMemory.Begin();
            Make(loss);
            return peak.Resident;
        }
    }

    private static BenchmarkResult Result(string metric, string unit, double value, double baseline) =>
        new(metric, value, unit, baseline, value / baseline, 1, AtMost: true);
}
