using System.Numerics;
using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary><see cref="SwiGluKernels"/> in the graph.</summary>
internal sealed unsafe class SwiGluFunction : autograd.SingleTensorFunction<SwiGluFunction>
{
    private const int Inputs = 2;

    public override string Name => nameof(SwiGluFunction);

    /// <param name="input">[T, 2 W] float32 or bfloat16, contiguous</param>
    /// <returns>[T, W]</returns>
    public static Tensor Apply(Tensor input) => apply(input, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = (Tensor)vars[0];
        ctx.Keep((bool)vars[1], input);
        long rows = input.shape[0], width = input.shape[1] / 2;
        var output = empty(rows, width, dtype: input.dtype);
        if (input.dtype == ScalarType.BFloat16)
        {
            SwiGluKernels.Forward(TensorMemory.BFloats(input), TensorMemory.BFloats(output), rows, width);
        }
        else
        {
            SwiGluKernels.Forward(TensorMemory.Singles(input), TensorMemory.Singles(output), rows, width);
        }

        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        using Tensor input = ctx.Kept()[0], gradOutput = grad_output.contiguous();
        grad_output.Dispose();
        long rows = input.shape[0], width = input.shape[1] / 2;
        var gradInput = empty_like(input, requires_grad: false);
        if (input.dtype == ScalarType.BFloat16)
        {
            SwiGluKernels.Backward(TensorMemory.BFloats(input), TensorMemory.BFloats(gradOutput), TensorMemory.BFloats(gradInput),
                rows, width);
        }
        else
        {
            SwiGluKernels.Backward(TensorMemory.Singles(input), TensorMemory.Singles(gradOutput), TensorMemory.Singles(gradInput),
                rows, width);
        }

        return ReturnedGradients.Keep([gradInput, null!]);
    });
}

/// <summary>
/// y = silu(a) · b where a row holds [a | b], each W wide: one pass over memory in each direction, and nothing kept but the input.
/// silu(a) = a · σ(a). Contiguous; arithmetic in float32.
/// </summary>
internal static unsafe class SwiGluKernels
{
    private const long Grain = 64;

    private static int Step => 2 * Vector<float>.Count;

    /// <param name="input">[T, 2 W]</param>
    /// <param name="output">[T, W], written</param>
    public static void Forward<T>(T* input, T* output, long rows, long width)
        where T : unmanaged, IElement<T> => ParallelRows.Run(rows, Grain, (begin, end) =>
    {
        for (var t = begin; t < end; t++)
        {
            T* a = input + (2 * t * width), b = a + width, y = output + (t * width);
            long c = 0;
            for (; c <= width - Step; c += Step)
            {
                T.Load(a + c, out var a1, out var a2);
                T.Load(b + c, out var b1, out var b2);
                T.Store(y + c, a1 * Sigmoid(a1) * b1, a2 * Sigmoid(a2) * b2);
            }

            for (; c < width; c++)
            {
                var value = a[c].Value;
                y[c] = T.Of(value * Sigmoid(value) * b[c].Value);
            }
        }
    });

    /// <summary>∂a = g · b · σ(a) · (1 + a · (1 − σ(a))); ∂b = g · a · σ(a).</summary>
    /// <param name="input">[T, 2 W]</param>
    /// <param name="gradOutput">[T, W]</param>
    /// <param name="gradInput">[T, 2 W], written</param>
    public static void Backward<T>(T* input, T* gradOutput, T* gradInput, long rows, long width)
        where T : unmanaged, IElement<T> => ParallelRows.Run(rows, Grain, (begin, end) =>
    {
        for (var t = begin; t < end; t++)
        {
            T* a = input + (2 * t * width), b = a + width, g = gradOutput + (t * width);
            T* gradA = gradInput + (2 * t * width), gradB = gradA + width;
            long c = 0;
            for (; c <= width - Step; c += Step)
            {
                T.Load(a + c, out var a1, out var a2);
                T.Load(b + c, out var b1, out var b2);
                T.Load(g + c, out var g1, out var g2);
                Vector<float> sigmoid1 = Sigmoid(a1), sigmoid2 = Sigmoid(a2);
                T.Store(gradA + c, GateGradient(g1, a1, b1, sigmoid1), GateGradient(g2, a2, b2, sigmoid2));
                T.Store(gradB + c, g1 * a1 * sigmoid1, g2 * a2 * sigmoid2);
            }

            for (; c < width; c++)
            {
                float value = a[c].Value, gradient = g[c].Value, sigmoid = Sigmoid(value);
                gradA[c] = T.Of(gradient * b[c].Value * sigmoid * (1 + (value * (1 - sigmoid))));
                gradB[c] = T.Of(gradient * value * sigmoid);
            }
        }
    });

    private static Vector<float> GateGradient(Vector<float> g, Vector<float> a, Vector<float> b, Vector<float> sigmoid) =>
        g * b * sigmoid * (Vector<float>.One + (a * (Vector<float>.One - sigmoid)));

    private static Vector<float> Sigmoid(Vector<float> value) => Vector<float>.One / (Vector<float>.One + Exponential.Of(-value));

    private static float Sigmoid(float value) => 1 / (1 + MathF.Exp(-value));
}
