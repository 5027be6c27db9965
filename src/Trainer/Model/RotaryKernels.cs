using System.Numerics;
using MhcOperator.Trainer.Interop;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// Rotary positions in one pass over memory: of a token's heads the first ones are turned, the others copied. A pair (a, b) of channels turned by φ
/// is (a · cos φ − b · sin φ, b · cos φ + a · sin φ). Contiguous; arithmetic in float32.
/// </summary>
internal static unsafe class RotaryKernels
{
    private const long Grain = 64;

    private static int Step => 2 * Vector<float>.Count;

    /// <param name="x">[T, heads, D], T = batch × time</param>
    /// <param name="y">[T, heads, D], written</param>
    /// <param name="cosines">[time, D]: that of a pair's angle, twice</param>
    /// <param name="sines">[time, D]: that of a pair's angle, first negative</param>
    /// <param name="shape">sizes</param>
    /// <param name="direction">1; or −1, back, which is the gradient of forth</param>
    public static void Turn<T>(T* x, T* y, float* cosines, float* sines, RotaryShape shape, float direction)
        where T : unmanaged, IElement<T>
    {
        var (tokens, time, heads, turned, width) = shape;
        ParallelRows.Run(tokens, Grain, (begin, end) =>
        {
            for (var t = begin; t < end; t++)
            {
                T* source = x + (t * heads * width), target = y + (t * heads * width);
                float* cosine = cosines + (t % time * width), sine = sines + (t % time * width);
                for (long head = 0; head < turned; head++)
                {
                    TurnHead(source + (head * width), target + (head * width), cosine, sine, width, direction);
                }

                var rest = (heads - turned) * width * sizeof(T);
                Buffer.MemoryCopy(source + (turned * width), target + (turned * width), rest, rest);
            }
        });
    }

    private static void TurnHead<T>(T* x, T* y, float* cosine, float* sine, long width, float direction)
        where T : unmanaged, IElement<T>
    {
        long c = 0;
        for (; c <= width - Step; c += Step)
        {
            T.Load(x + c, out var first, out var second);
            T.Store(y + c, Turned(first, cosine + c, sine + c, direction), Turned(second, cosine + c + Vector<float>.Count, sine + c + Vector<float>.Count, direction));
        }

        for (; c < width; c += 2)
        {
            float a = x[c].Value, b = x[c + 1].Value;
            y[c] = T.Of((a * cosine[c]) + (b * (sine[c] * direction)));
            y[c + 1] = T.Of((b * cosine[c + 1]) + (a * (sine[c + 1] * direction)));
        }
    }

    private static Vector<float> Turned(Vector<float> pairs, float* cosine, float* sine, float direction)
    {
        var whole = Vector.AsVectorUInt64(pairs);
        var swapped = Vector.AsVectorSingle(Vector.ShiftLeft(whole, 32) | Vector.ShiftRightLogical(whole, 32));
        return (pairs * Vector.Load(cosine)) + (swapped * (Vector.Load(sine) * direction));
    }
}
