using System.Numerics;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Optimization;

/// <summary>
/// Global gradient norm, and clipping to it. Works in place on the gradients' memory, in parameter order: the same bits every time.
/// </summary>
internal static unsafe class GradientClipping
{
    /// <summary>
    /// L2 norm over the gradients of all parameters, summed in float64: each by itself, side by side, and these sums in order. Parameters
    /// without a gradient count as zeros.
    /// </summary>
    public static double Norm(IReadOnlyList<NamedParameter> parameters)
    {
        using var scope = NewDisposeScope();
        var gradients = new List<(nint Start, int Length)>();
        foreach (var parameter in parameters)
        {
            if (parameter.Value.grad is { } gradient)
            {
                gradients.Add(((nint)TensorMemory.Floats(gradient), checked((int)gradient.numel())));
            }
        }

        var sums = new double[gradients.Count];
        ParallelRows.Run(sums.Length, grain: 1, (begin, end) =>
        {
            for (var i = (int)begin; i < end; i++)
            {
                sums[i] = SumOfSquares(new ReadOnlySpan<float>((float*)gradients[i].Start, gradients[i].Length));
            }
        });
        double sum = 0;
        foreach (var part in sums)
        {
            sum += part;
        }

        return Math.Sqrt(sum);
    }

    /// <summary>
    /// Scales all gradients so that their norm is at most <paramref name="limit"/>. A norm that is not finite leaves them as they are:
    /// the caller must not make that update.
    /// </summary>
    /// <param name="parameters">with float32 gradients</param>
    /// <param name="limit">largest norm; 0 = only measure</param>
    /// <returns>the norm before scaling</returns>
    public static double Clip(IReadOnlyList<NamedParameter> parameters, double limit)
    {
        var norm = Norm(parameters);
        if (limit > 0 && double.IsFinite(norm) && norm > limit)
        {
            var scale = (float)(limit / norm);
            foreach (var parameter in parameters)
            {
                parameter.Value.grad?.mul_(scale);
            }
        }

        return norm;
    }

    /// <summary>Σ v² in float64, in an order that depends on the length only.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> values)
    {
        Vector<double> low = default, high = default;
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(values[i..]), out var first, out var second);
            low += first * first;
            high += second * second;
        }

        var sum = Vector.Sum(low + high);
        for (; i < values.Length; i++)
        {
            sum += (double)values[i] * values[i];
        }

        return sum;
    }
}
