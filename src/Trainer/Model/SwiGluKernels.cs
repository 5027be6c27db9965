using System.Numerics;
using MhcOperator.Trainer.Interop;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// y = silu(a) · b where a row holds [a | b], each W wide: one pass over memory in each direction, and nothing kept but the input.
/// silu(a) = a · σ(a). float32, contiguous.
/// </summary>
internal static unsafe class SwiGluKernels
{
    private const long Grain = 64;

    private static int Lanes => Vector<float>.Count;

    /// <param name="input">[T, 2 W]</param>
    /// <param name="output">[T, W], written</param>
    public static void Forward(float* input, float* output, long rows, long width) => ParallelRows.Run(rows, Grain, (begin, end) =>
    {
        for (var t = begin; t < end; t++)
        {
            float* a = input + (2 * t * width), b = a + width, y = output + (t * width);
            long c = 0;
            for (; c <= width - Lanes; c += Lanes)
            {
                var value = Vector.Load(a + c);
                (value * Sigmoid(value) * Vector.Load(b + c)).Store(y + c);
            }

            for (; c < width; c++)
            {
                y[c] = a[c] * Sigmoid(a[c]) * b[c];
            }
        }
    });

    /// <summary>∂a = g · b · σ(a) · (1 + a · (1 − σ(a))); ∂b = g · a · σ(a).</summary>
    /// <param name="input">[T, 2 W]</param>
    /// <param name="gradOutput">[T, W]</param>
    /// <param name="gradInput">[T, 2 W], written</param>
    public static void Backward(float* input, float* gradOutput, float* gradInput, long rows, long width) => ParallelRows.Run(rows, Grain, (begin, end) =>
    {
        for (var t = begin; t < end; t++)
        {
            float* a = input + (2 * t * width), b = a + width, g = gradOutput + (t * width);
            float* gradA = gradInput + (2 * t * width), gradB = gradA + width;
            long c = 0;
            for (; c <= width - Lanes; c += Lanes)
            {
                Vector<float> value = Vector.Load(a + c), gradient = Vector.Load(g + c), sigmoid = Sigmoid(value);
                (gradient * Vector.Load(b + c) * sigmoid * (Vector<float>.One + (value * (Vector<float>.One - sigmoid)))).Store(gradA + c);
                (gradient * value * sigmoid).Store(gradB + c);
            }

            for (; c < width; c++)
            {
                var sigmoid = Sigmoid(a[c]);
                gradA[c] = g[c] * b[c] * sigmoid * (1 + (a[c] * (1 - sigmoid)));
                gradB[c] = g[c] * a[c] * sigmoid;
            }
        }
    });

    private static Vector<float> Sigmoid(Vector<float> value) => Vector<float>.One / (Vector<float>.One + Vector.Exp(-value));

    private static float Sigmoid(float value) => 1 / (1 + MathF.Exp(-value));
}
