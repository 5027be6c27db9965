using System.Diagnostics;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Mhc;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Commands;

/// <summary>
/// The mHC kernels against the same operations composed of torch's (<see cref="MhcReference"/>), and against a copy of the streams. All of
/// them take turns, so that the machine's other work hits them alike; forward and backward passes go through autograd on both sides.
/// Streams of bfloat16 are compared with those of float32 where both come from memory, as a sublayer's do in a training step: a cache might
/// hold the smaller ones alone.
/// </summary>
internal sealed class KernelBenchmark : IDisposable
{
    private const int Iterations = 20;
    private const long OtherData = 64 << 20; // floats: more than any cache holds
    private const int WarmUpRounds = 2;
    private const double SinkhornTarget = 40;
    private const double LayerTarget = 6;
    private const double BandwidthTarget = 0.75;
    private const double HalfTarget = 1.6;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(1, CPU);
    private readonly Tensor _otherData = zeros(OtherData);
    private readonly (long Tokens, long Streams, long Channels) _sizes;
    private readonly Dictionary<string, (Action Run, bool FromMemory, List<double> Seconds)> _timed = new(StringComparer.Ordinal);

    public KernelBenchmark(long tokens, int streams, long channels)
    {
        _sizes = (tokens, streams, channels);
        long coefficients = streams * (streams + 2L), flat = streams * channels;
        Tensor x = Leaf(1, tokens, streams, channels), y = Leaf(1, tokens, channels), logits = Leaf(1, tokens, streams, streams), norm =
            Leaf(1, channels);
        Tensor pre = Leaf(1, tokens, streams), post = Leaf(1, tokens, streams), res = Leaf(1, tokens, streams, streams);
        var parameters = new MhcParameters(Leaf(0.02, flat, coefficients), Leaf(1, coefficients), Leaf(0.5, 3), streams, Iterations);
        Tensor gradX = Random(1, tokens, streams, channels), gradY = Random(1, tokens, channels), gradLogits =
            Random(1, tokens, streams, streams);
        var target = empty_like(x, requires_grad: false);
        Tensor[] layer = [x, parameters.Phi, parameters.Bias, parameters.Alpha], chain = [.. layer, norm];

        Time("copy", () => target.copy_(x.detach()));
        Time("write", () => MhcKernels.Write(x, y, res, post));
        Time("read", () => MhcKernels.Read(x, pre));
        Time("layer", () => Layer(x, layer, gradX));
        Time("sinkhorn", () =>
        {
            MhcKernels.Sinkhorn(logits, Iterations);
            MhcKernels.SinkhornBackward(logits, gradLogits, Iterations);
        });
        Time("sinkhorn composed", () => autograd.grad([MhcReference.SinkhornKnopp(logits, Iterations)], [logits], [gradLogits]));
        Tensor halfX = Rounded(x), halfY = Rounded(y), halfGradX = Rounded(gradX);
        Tensor[] halfLayer = [halfX, .. layer[1..]];
        TimeFromMemory("write", () => MhcKernels.Write(x, y, res, post));
        TimeFromMemory("write bf16", () => MhcKernels.Write(halfX, halfY, res, post));
        TimeFromMemory("read", () => MhcKernels.Read(x, pre));
        TimeFromMemory("read bf16", () => MhcKernels.Read(halfX, pre));
        TimeFromMemory("layer", () => Layer(x, layer, gradX));
        TimeFromMemory("layer bf16", () => Layer(halfX, halfLayer, halfGradX));
        Time("layer composed", () =>
        {
            var c = MhcReference.Coefficients(x, parameters.Phi, parameters.Bias, parameters.Alpha, Iterations);
            Gradients(MhcReference.Write(x, MhcReference.Read(x, c.Pre), c.Res, c.Post), layer, gradX);
        });
        Time("chain", () =>
        {
            var first = new MhcPass(parameters, x, norm);
            var second = new MhcPass(parameters, first, norm);
            var y0 = ConnectFunction.Apply(first, x);
            Gradients(FinishFunction.Apply(second, ConnectFunction.Apply(second, y0), norm), chain, gradY);
        });
        Time("chain composed", () =>
        {
            var path = new MhcResidual(parameters);
            var after = path.Apply(path.Apply(x, Norm, meter: null), Norm, meter: null);
            Gradients(Norm(after.sum(1)), chain, gradY);
        });

        void Layer(Tensor streams, Tensor[] inputs, Tensor upstream)
        {
            var pass = new MhcPass(parameters, streams);
            Gradients(LeaveFunction.Apply(pass, ConnectFunction.Apply(pass, streams)), inputs, upstream);
        }

        // By the trainer's own kernel, which is the faster one: the comparison is of the connections.
        Tensor Norm(Tensor h) => RmsNormFunction.Apply(h, norm);
    }

    /// <summary>Runs everything <paramref name="rounds"/> times, interleaved, and compares the medians.</summary>
    public IReadOnlyList<BenchmarkResult> Run(int rounds)
    {
        for (var round = -WarmUpRounds; round < rounds; round++)
        {
            foreach (var (run, fromMemory, seconds) in _timed.Values)
            {
                if (fromMemory)
                {
                    _otherData.sum().Dispose();
                }

                var watch = Stopwatch.StartNew();
                using (NewDisposeScope())
                {
                    run();
                }

                if (round >= 0)
                {
                    seconds.Add(watch.Elapsed.TotalSeconds);
                }
            }
        }

        var (tokens, n, channels) = _sizes;
        var stream = tokens * channels;
        return
        [
            Faster("Sinkhorn, forward + backward", "sinkhorn", SinkhornTarget),
            Faster("mHC layer without F, forward + backward", "layer", LayerTarget),
            Faster("two connected sublayers with norms, without F, to the sum of streams, forward + backward", "chain", LayerTarget),
            Bandwidth("write, forward", "write", ((2 * n) + 1) * stream),
            Bandwidth("read, forward", "read", (n + 1) * stream),
            Half("mHC layer without F, forward + backward", "layer"),
            Half("write, forward", "write"),
            Half("read, forward", "read"),
        ];

        BenchmarkResult Faster(string metric, string name, double target) => Compared(metric, name, $"{name} composed", target);

        BenchmarkResult Half(string metric, string name) =>
            Compared($"{metric}, bfloat16 streams against float32, from memory", FromMemory($"{name} bf16"), FromMemory(name), HalfTarget);

        BenchmarkResult Compared(string metric, string name, string baseline, double target) =>
            new(metric, Median(name) * 1e3, "ms", Median(baseline) * 1e3, Median(baseline) / Median(name), target);

        BenchmarkResult Bandwidth(string metric, string name, long floats)
        {
            double value = floats * sizeof(float) / Median(name) / 1e9, copy = 2 * n * stream * sizeof(float) / Median("copy") / 1e9;
            return new BenchmarkResult(metric, value, "GB/s", copy, value / copy, BandwidthTarget);
        }
    }

    public void Dispose()
    {
        _scope.Dispose();
        _generator.Dispose();
    }

    private static void Gradients(Tensor output, Tensor[] inputs, Tensor upstream)
    {
        autograd.grad([output], inputs, [upstream]);
        ReturnedGradients.Release();
        BackwardFault.ThrowIfAny();
    }

    private static string FromMemory(string name) => $"{name} from memory";

    private void Time(string name, Action run) => _timed.Add(name, (run, false, []));

    private void TimeFromMemory(string name, Action run) => _timed.Add(FromMemory(name), (run, true, []));

    private Tensor Random(double deviation, params long[] shape) => randn(shape, generator: _generator) * deviation;

    private static Tensor Rounded(Tensor values) => values.detach().to(ScalarType.BFloat16).requires_grad_(values.requires_grad);

    private Tensor Leaf(double deviation, params long[] shape) => Random(deviation, shape).requires_grad_();

    private double Median(string name)
    {
        var sorted = _timed[name].Seconds.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
