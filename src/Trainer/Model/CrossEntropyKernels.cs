using System.Numerics;
using MhcOperator.Trainer.Interop;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// Cross-entropy of rows of logits, −log softmax(x)[target], and its gradient in the logits' own memory. A row is passed over three times,
/// in the cache; composed of torch operations it is nine times, in memory. float32, contiguous.
/// </summary>
internal static unsafe class CrossEntropyKernels
{
    /// <summary>Fewest logits that are worth a thread.</summary>
    private const long Grain = 1 << 14;

    /// <summary>Elements that are added up in single precision.</summary>
    private const int Run = 1 << 12;

    private static int Lanes => Vector<float>.Count;

    /// <summary>The loss of each row.</summary>
    /// <param name="logits">[rows, V]; with a <paramref name="scale"/> overwritten by scale · (softmax − one-hot(target)), else by what is of no use</param>
    /// <param name="targets">[rows], each from 0 to V − 1</param>
    /// <param name="losses">[rows], written; not finite where a logit is not</param>
    /// <param name="scale">of the gradient; 0 = no gradient</param>
    /// <param name="rows">number of rows</param>
    /// <param name="vocabulary">V</param>
    public static void Apply(float* logits, long* targets, double* losses, float scale, long rows, long vocabulary) => ParallelRows.Run(rows, Math.Max(1, Grain / vocabulary), (begin, end) =>
    {
        for (var t = begin; t < end; t++)
        {
            var row = logits + (t * vocabulary);
            var picked = row[targets[t]];
            var most = Maximum(row, vocabulary);
            var sum = Exponentials(row, most, vocabulary);
            losses[t] = Math.Log(sum) + most - picked;
            if (scale != 0)
            {
                Multiply(row, (float)(scale / sum), vocabulary);
                row[targets[t]] -= scale;
            }
        }
    });

    private static float Maximum(float* row, long count)
    {
        var most = float.NegativeInfinity;
        long c = 0;
        if (count >= Lanes)
        {
            var lanes = Vector.Load(row);
            for (c = Lanes; c <= count - Lanes; c += Lanes)
            {
                lanes = Vector.Max(lanes, Vector.Load(row + c));
            }

            for (var lane = 0; lane < Lanes; lane++)
            {
                most = MathF.Max(most, lanes[lane]);
            }
        }

        for (; c < count; c++)
        {
            most = MathF.Max(most, row[c]);
        }

        return most;
    }

    /// <summary>Replaces each element by exp(x − most); returns the sum of all, from runs so short that single precision is enough.</summary>
    private static double Exponentials(float* row, float most, long count)
    {
        double sum = 0;
        var shift = new Vector<float>(most);
        long c = 0;
        while (c <= count - Lanes)
        {
            var end = Math.Min(c + Run, count - Lanes + 1);
            var lanes = Vector<float>.Zero;
            for (; c < end; c += Lanes)
            {
                var value = Vector.Exp(Vector.Load(row + c) - shift);
                value.Store(row + c);
                lanes += value;
            }

            sum += Vector.Sum(lanes);
        }

        for (; c < count; c++)
        {
            row[c] = MathF.Exp(row[c] - most);
            sum += row[c];
        }

        return sum;
    }

    private static void Multiply(float* row, float factor, long count)
    {
        long c = 0;
        for (; c <= count - Lanes; c += Lanes)
        {
            (Vector.Load(row + c) * factor).Store(row + c);
        }

        for (; c < count; c++)
        {
            row[c] *= factor;
        }
    }
}
