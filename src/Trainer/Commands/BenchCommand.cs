using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Profiling;
using TorchSharp;

namespace MhcOperator.Trainer.Commands;

/// <summary>
/// <c>mhc-trainer bench</c>: the time of a training step on each residual path, variants taking turns so that the machine's other work hits
/// them alike, as ratios of medians to the first; with --memory the most memory of each, too. Exit 78 when the sizes do not fit.
/// </summary>
internal static class BenchCommand
{
    private const int WarmUpRounds = 2;
    private const int LeastRounds = 5;

    /// <summary>Seconds: what .NET calls often it compiles anew in the first two, beside the steps.</summary>
    private const int WarmUpTime = 3;

    public static Command Create()
    {
        var layers = BenchTools.Size("--layers", "Decoder layers.", 4);
        var width = BenchTools.Size("--width", "C, channels of one stream.", 128);
        var heads = BenchTools.Size("--heads", "Attention heads.", 4);
        var context = BenchTools.Size("--context", "Tokens in a sequence.", 128);
        var vocabulary = BenchTools.Size("--vocabulary", "Token numbers.", 256);
        var batch = BenchTools.Size("--batch-tokens", "Tokens in a step, a multiple of --context.", 2048);
        var streams = BenchTools.Size("--streams", "n, residual streams.", 4);
        var threads = BenchTools.Threads(1);
        var rounds = BenchTools.Size("--rounds", $"Measured steps of every variant; at least {LeastRounds}.", 9);
        var warmUp = NumberOption.Whole("--warm-up", $"Least seconds of steps before the first that is measured. Default {WarmUpTime}.", 0,
            3600, WarmUpTime);
        var only = ChoiceOption.CreateMany(
            "--variants",
            $"Which variants, of {string.Join(' ', BenchVariant.All.Keys)}; the first is what the others are compared with. Default: {string.Join(' ', BenchVariant.Default)}.",
            [.. BenchVariant.All.Keys],
            BenchVariant.Default);
        var precision = ChoiceOption.Create<Precision>("--precision", "Float32 or BFloat16; Float32 where absent.");
        var memory = new Option<bool>("--memory") { Description = "Measure the most memory of each variant first, one after the other." };
        var profile = new Option<bool>("--profile") { Description = "Also show where the time of each variant's step goes, by name." };
        var file = BenchTools.ResultFile();
        var command = new Command("bench", "Time a training step on each residual path.") { layers, width, heads, context, vocabulary,
            batch, streams, threads, rounds, warmUp, precision, only, memory, profile, file };
        command.SetAction(parsed =>
        {
            var model = new ModelSpec
            {
                Layers = parsed.GetValue(layers),
                Width = parsed.GetValue(width),
                Heads = parsed.GetValue(heads),
                ContextLength = parsed.GetValue(context),
                Vocabulary = parsed.GetValue(vocabulary),
                Mhc = new MhcSpec { Streams = parsed.GetValue(streams) },
            };
            var (tokens, error) = (parsed.GetValue(batch), parsed.InvocationConfiguration.Error);
            if (parsed.GetValue(rounds) < LeastRounds || tokens % model.ContextLength != 0)
            {
                error.WriteLine(tokens % model.ContextLength != 0
                    ? $"--batch-tokens must be a multiple of --context ({model.ContextLength}), not {tokens}."
                    : $"--rounds must be at least {LeastRounds}, not {parsed.GetValue(rounds)}.");
                return ExitCode.ConfigurationWrong;
            }

            torch.set_num_threads(parsed.GetValue(threads));
            try
            {
                var results = Run(model, tokens, parsed.GetValue(precision), parsed.GetValue(rounds),
                    TimeSpan.FromSeconds(parsed.GetValue(warmUp)), parsed.GetValue(only)!, parsed.GetValue(memory),
                    parsed.GetValue(profile), parsed.InvocationConfiguration.Output);
                BenchTools.Write(parsed.GetValue(file), results);
                return 0;
            }
            catch (ArgumentException exception)
            {
                error.WriteLine(exception.Message.Split(" (Parameter")[0]); // the rest is a name in the code
                return ExitCode.ConfigurationWrong;
            }
        });
        return command;
    }

    private static List<BenchmarkResult> Run(ModelSpec model, int tokens, Precision precision, int rounds, TimeSpan warmUp, string[] names,
        bool memory, bool profile, TextWriter output)
    {
        if (memory)
        {
            // What libraries allocate once and for all must not count as the first variant's.
            StepBenchmark.PeakBytes(() => Make(names[0]));
        }

        var bytes = memory ? Array.ConvertAll(names, name => StepBenchmark.PeakBytes(() => Make(name))) : [];
        List<StepBenchmark> variants = [];
        try
        {
            variants.AddRange(names.Select(Make));
            var watch = Stopwatch.StartNew();
            for (var round = 0; round < WarmUpRounds || watch.Elapsed < warmUp; round++)
            {
                variants.ForEach(v => v.Step(record: false));
            }

            var warm = Environment.WorkingSet;
            for (var round = 0; round < rounds; round++)
            {
                variants.ForEach(v => v.Step(record: true));
            }

            output.WriteLine(
                $"{model.Layers} layers, width {model.Width}, context {model.ContextLength}, {tokens} tokens, n = {model.Mhc.Streams}, {precision}, "
                + $"{torch.get_num_threads()} thread(s), {NativeCall.InstructionSet} kernels, products of {(MatrixProducts.Native(precision) ? "ours" : "libtorch")}, memory from {Allocator.Name}, median of {rounds} interleaved steps");
            List<BenchmarkResult> results = [];
            for (var i = 0; i < variants.Count; i++)
            {
                var (v, first) = (variants[i], variants[0]);
                var line = string.Create(CultureInfo.InvariantCulture,
                    $"{v.Name,-22}  {v.Median * 1e3,8:f1} ms  {v.Median / first.Median,5:f2} of {first.Name}  {tokens / v.Median,9:f0} tokens/s");
                results.Add(
                    new BenchmarkResult($"step, {v.Name}", v.Median * 1e3, "ms", first.Median * 1e3, v.Median / first.Median, null,
                        AtMost: true));
                if (memory)
                {
                    var (inUse, resident) = (Peak("in use", b => b.InUse), Peak("resident", b => b.Resident));
                    line += $"  peak {inUse}, {resident}";
                }

                output.WriteLine(v.Recompute == Mhc.RecomputePlan.None ? line : $"{line}  ({v.Recompute})");

                string Peak(string what, Func<(long Resident, long InUse), long> of)
                {
                    var (value, baseline) = (of(bytes[i]), of(bytes[0]));
                    results.Add(
                        new BenchmarkResult($"peak memory {what}, {v.Name}", value, "bytes", baseline, (double)value / baseline, null,
                            AtMost: true));
                    return string.Create(CultureInfo.InvariantCulture,
                        $"{value / 1048576.0:f0} MiB {what} ({(double)value / baseline:f2})");
                }
            }

            if (memory)
            {
                output.WriteLine(
                    string.Create(CultureInfo.InvariantCulture,
                        $"resident memory: {(Environment.WorkingSet - warm) / 1048576.0:+0.0;-0.0} MiB over {rounds} rounds, from {warm / 1048576.0:f0} MiB"));
                results.Add(
                    new BenchmarkResult("resident memory after all rounds", Environment.WorkingSet, "bytes", warm,
                        (double)Environment.WorkingSet / warm, null, AtMost: true));
            }

            foreach (var variant in profile ? variants : [])
            {
                var parts = new StepProfile();
                for (var round = 0; round < rounds; round++)
                {
                    variant.Step(record: false, parts);
                }

                ProfileTable.Write(variant.Name, parts, output);
                results.AddRange(ProfileTable.Results(variant.Name, parts));
            }

            return results;
        }
        finally
        {
            variants.ForEach(v => v.Dispose());
        }

        StepBenchmark Make(string name) => new(name, BenchVariant.All[name], model, tokens, precision);
    }
}
