using System.Numerics;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary>Root-mean-square norm with a learned weight per channel, float32.</summary>
internal sealed class RmsNorm(ParameterFactory parameters, string name, long channels)
{
    private readonly Parameter _weight = parameters.Constant($"{name}.weight", 1, channels);

    /// <summary>[C].</summary>
    public Parameter Weight => _weight;

    /// <param name="x">[T, C]</param>
    /// <returns>[T, C]</returns>
    public Tensor Apply(Tensor x) => RmsNormFunction.Apply(x.contiguous(), _weight);
}

/// <summary><see cref="RmsNormKernels"/> in the graph.</summary>
internal sealed unsafe class RmsNormFunction : autograd.SingleTensorFunction<RmsNormFunction>
{
    private const string ScalesKey = "r";
    private const int Inputs = 3;

    public override string Name => nameof(RmsNormFunction);

    /// <param name="x">[T, C] float32 contiguous</param>
    /// <param name="weight">[C] float32</param>
    /// <returns>[T, C]</returns>
    public static Tensor Apply(Tensor x, Tensor weight) => apply(x, weight, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, weight) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.Keep((bool)vars[2], x, weight);
        var r = new float[x.shape[0]];
        ctx.save_data(ScalesKey, r);
        var y = empty_like(x, requires_grad: false);
        fixed (float* scales = r)
        {
            RmsNormKernels.Forward(TensorMemory.Floats(x), TensorMemory.Floats(weight), TensorMemory.Floats(y), scales, x.shape[0],
                x.shape[1]);
        }

        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        var saved = ctx.Kept();
        using Tensor x = saved[0], weight = saved[1], gradY = grad_output.contiguous();
        grad_output.Dispose();
        var (gradX, gradWeight) = (empty_like(x, requires_grad: false), empty_like(weight, requires_grad: false));
        fixed (float* scales = (float[])ctx.get_data(ScalesKey))
        {
            RmsNormKernels.Backward(
                TensorMemory.Floats(x), TensorMemory.Floats(weight), scales, TensorMemory.Floats(gradY), TensorMemory.Floats(gradX),
                TensorMemory.Floats(gradWeight),
                x.shape[0], x.shape[1]);
        }

        return ReturnedGradients.Keep([gradX, gradWeight, null!]);
    });
}

/// <summary>
/// y = x · r · w with r = 1/√(mean(x²) + ε), one pass over memory in each direction; composed of torch operations it takes about fifteen.
/// T rows of C channels, float32, contiguous.
/// </summary>
internal static unsafe class RmsNormKernels
{
    public const float Epsilon = 1e-6f;

    private const long Grain = 128;

    /// <summary>Rows whose weight gradients are added up together: fixed, so that the sum does not depend on the threads.</summary>
    private const long Chunk = 64;

    private static int Lanes => Vector<float>.Count;

    /// <param name="x">[T, C]</param>
    /// <param name="weight">[C]</param>
    /// <param name="y">[T, C], written</param>
    /// <param name="r">[T], written; for the backward pass</param>
    public static void Forward(float* x, float* weight, float* y, float* r, long rows, long channels) =>
        ParallelRows.Run(rows, Grain, (begin, end) =>
    {
        for (var t = begin; t < end; t++)
        {
            var row = x + (t * channels);
            r[t] = 1 / MathF.Sqrt((Dot(row, row, channels) / channels) + Epsilon);
            Scale(row, weight, r[t], y + (t * channels), channels);
        }
    });

    /// <param name="gradY">[T, C]</param>
    /// <param name="gradX">[T, C], written</param>
    /// <param name="gradWeight">[C], written</param>
    public static void Backward(float* x, float* weight, float* r, float* gradY, float* gradX, float* gradWeight, long rows, long channels)
    {
        var chunks = (rows + Chunk - 1) / Chunk;
        var partial = new float[chunks * channels];
        fixed (float* sums = partial)
        {
            var start = sums;
            ParallelRows.Run(chunks, Grain / Chunk, (begin, end) =>
            {
                for (var t = begin * Chunk; t < Math.Min(end * Chunk, rows); t++)
                {
                    var at = t * channels;
                    BackwardRow(x + at, weight, r[t], gradY + at, gradX + at, start + (t / Chunk * channels), channels);
                }
            });

            new Span<float>(gradWeight, (int)channels).Clear();
            for (long chunk = 0; chunk < chunks; chunk++)
            {
                for (long c = 0; c < channels; c++)
                {
                    gradWeight[c] += sums[(chunk * channels) + c];
                }
            }
        }
    }

    /// <summary>∂x = r · (g · w − x · r² · mean(g · w · x)); ∂w += g · x · r.</summary>
    private static void BackwardRow(float* x, float* weight, float r, float* g, float* gradX, float* gradWeight, long channels)
    {
        var sum = Vector<float>.Zero;
        long c = 0;
        for (; c <= channels - Lanes; c += Lanes)
        {
            sum += Vector.Load(g + c) * Vector.Load(weight + c) * Vector.Load(x + c);
        }

        var dot = Vector.Sum(sum);
        for (; c < channels; c++)
        {
            dot += g[c] * weight[c] * x[c];
        }

        var along = r * r * dot / channels;
        for (c = 0; c <= channels - Lanes; c += Lanes)
        {
            var (gradient, value) = (Vector.Load(g + c), Vector.Load(x + c));
            (((Vector.Load(weight + c) * gradient) - (value * along)) * r).Store(gradX + c);
            (Vector.Load(gradWeight + c) + (gradient * value * r)).Store(gradWeight + c);
        }

        for (; c < channels; c++)
        {
            gradX[c] = r * ((weight[c] * g[c]) - (x[c] * along));
            gradWeight[c] += g[c] * x[c] * r;
        }
    }

    private static float Dot(float* a, float* b, long channels)
    {
        var sum = Vector<float>.Zero;
        long c = 0;
        for (; c <= channels - Lanes; c += Lanes)
        {
            sum += Vector.Load(a + c) * Vector.Load(b + c);
        }

        var total = Vector.Sum(sum);
        for (; c < channels; c++)
        {
            total += a[c] * b[c];
        }

        return total;
    }

    private static void Scale(float* x, float* weight, float r, float* y, long channels)
    {
        long c = 0;
        for (; c <= channels - Lanes; c += Lanes)
        {
            (Vector.Load(x + c) * r * Vector.Load(weight + c)).Store(y + c);
        }

        for (; c < channels; c++)
        {
            y[c] = x[c] * r * weight[c];
        }
    }
}
