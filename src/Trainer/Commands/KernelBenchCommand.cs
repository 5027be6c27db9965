using System.CommandLine;
using System.Globalization;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Kernels;
using TorchSharp;

namespace MhcOperator.Trainer.Commands;

/// <summary>
/// <c>mhc-trainer bench-kernels</c>: the mHC kernels against composed torch operations and the copy bandwidth, as a table and as JSON.
/// </summary>
internal static class KernelBenchCommand
{
    private const int LeastRounds = 5;

    public static Command Create()
    {
        var tokens = Size("--tokens", "Tokens.", 2048, 1, int.MaxValue);
        var channels = Size("--channels", "C, channels of one stream.", 512, 1, int.MaxValue);
        var streams = Size("--streams", "n, residual streams.", 4, 1, 8);
        var threads = BenchTools.Threads(2);
        var rounds = Size("--rounds", "Interleaved rounds; medians are compared.", 15, LeastRounds, 10000);
        var file = BenchTools.ResultFile();
        var command = new Command("bench-kernels", "Time the mHC kernels against composed torch operations.") { tokens, channels, streams,
            threads, rounds, file };
        command.SetAction(parsed =>
        {
            torch.set_num_threads(parsed.GetValue(threads));
            using var benchmark = new KernelBenchmark(parsed.GetValue(tokens), parsed.GetValue(streams), parsed.GetValue(channels));
            var results = benchmark.Run(parsed.GetValue(rounds));

            var output = parsed.InvocationConfiguration.Output;
            output.WriteLine(
                $"{parsed.GetValue(tokens)} tokens, C = {parsed.GetValue(channels)}, n = {parsed.GetValue(streams)}, float32 where nothing else is said, {torch.get_num_threads()} thread(s), "
                + $"{NativeCall.InstructionSet} kernels, medians of {parsed.GetValue(rounds)} interleaved rounds");
            foreach (var result in results)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Metric,-90} {result.Value,8:f2} {result.Unit,-4}  baseline {result.Baseline,8:f2}  ratio {result.Ratio,6:f2}  target {result.Target:g}  {(result.Met ? "met" : "missed")}"));
            }

            BenchTools.Write(parsed.GetValue(file), results);
            return 0;
        });
        return command;
    }

    private static Option<int> Size(string name, string description, int value, int least, int most) =>
        NumberOption.Whole(name, $"{description} Default {value}.", least, most, value);
}
