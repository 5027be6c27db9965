using System.Numerics;
using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary>Rotary position embedding: channels (2i, 2i + 1) of a head at position p are turned by p · θ^(−2i/D).</summary>
internal sealed class Rotary : IDisposable
{
    /// <summary>θ.</summary>
    public const double Theta = 10000;

    /// <param name="positions">longest sequence</param>
    /// <param name="headWidth">D, even</param>
    public Rotary(long positions, long headWidth)
    {
        using var scope = NewDisposeScope();
        var frequency = pow(Theta, arange(0, headWidth, 2, dtype: ScalarType.Float64) / -headWidth);
        var angle = arange(positions, dtype: ScalarType.Float64).unsqueeze(1) * frequency;
        Cosines = Pairs(angle.cos(), angle.cos());
        Sines = Pairs(-angle.sin(), angle.sin());
    }

    /// <summary>[positions, D] float32: the cosine of a pair's angle, twice.</summary>
    public Tensor Cosines { get; }

    /// <summary>[positions, D] float32: the sine of a pair's angle, first negative.</summary>
    public Tensor Sines { get; }

    /// <param name="x">[B, t, heads, D] float32 or bfloat16, contiguous</param>
    /// <param name="start">position of the first token</param>
    /// <param name="turned">how many heads are turned, the first ones; the others stay as they are</param>
    /// <returns>the same shape</returns>
    public Tensor Apply(Tensor x, long start, long turned) => RotaryFunction.Apply(x, this, start, turned);

    public void Dispose()
    {
        Cosines.Dispose();
        Sines.Dispose();
    }

    private static Tensor Pairs(Tensor first, Tensor second) =>
        stack([first, second], 2).flatten(1).to(ScalarType.Float32).DetachFromDisposeScope();
}

/// <summary>
/// <see cref="RotaryKernels"/> in the graph. The backward pass needs nothing of the forward pass: it turns gradients back.
/// </summary>
internal sealed unsafe class RotaryFunction : autograd.SingleTensorFunction<RotaryFunction>
{
    private const string RotaryKey = "rotary";
    private const string StartKey = "start";
    private const string TurnedKey = "turned";
    private const int Inputs = 4;

    public override string Name => nameof(RotaryFunction);

    /// <param name="x">[B, t, heads, D] float32 or bfloat16, contiguous</param>
    /// <param name="rotary">the angles</param>
    /// <param name="start">position of the first token</param>
    /// <param name="turned">how many heads are turned, the first ones; the others stay as they are</param>
    /// <returns>the same shape</returns>
    public static Tensor Apply(Tensor x, Rotary rotary, long start, long turned) => apply(x, rotary, start, turned);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (rotary, start, turned) = ((Rotary)vars[1], (long)vars[2], (long)vars[3]);
        ctx.set_materialize_grads(false);
        ctx.save_data(RotaryKey, rotary);
        ctx.save_data(StartKey, start);
        ctx.save_data(TurnedKey, turned);
        return Turn((Tensor)vars[0], rotary, start, turned, 1);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        using var gradient = grad_output.contiguous();
        grad_output.Dispose();
        return ReturnedGradients.Keep(
            [Turn(gradient, (Rotary)ctx.get_data(RotaryKey), (long)ctx.get_data(StartKey), (long)ctx.get_data(TurnedKey), -1), null!, null!,
                null!]);
    });

    private static Tensor Turn(Tensor x, Rotary rotary, long start, long turned, float direction)
    {
        var y = empty_like(x, requires_grad: false);
        var shape = new RotaryShape(x.shape[0] * x.shape[1], x.shape[1], x.shape[2], turned, x.shape[3]);
        using Tensor cosines = rotary.Cosines.narrow(0, start, shape.Time), sines = rotary.Sines.narrow(0, start, shape.Time);
        if (x.dtype == ScalarType.BFloat16)
        {
            RotaryKernels.Turn(TensorMemory.BFloats(x), TensorMemory.BFloats(y), TensorMemory.Floats(cosines), TensorMemory.Floats(sines),
                shape, direction);
        }
        else
        {
            RotaryKernels.Turn(TensorMemory.Singles(x), TensorMemory.Singles(y), TensorMemory.Floats(cosines), TensorMemory.Floats(sines),
                shape, direction);
        }

        return y;
    }
}

/// <summary>
/// Rotary positions in one pass over memory: of a token's heads the first ones are turned, the others copied. A pair (a, b) of channels
/// turned by φ is (a · cos φ − b · sin φ, b · cos φ + a · sin φ). Contiguous; arithmetic in float32.
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
            T.Store(y + c, Turned(first, cosine + c, sine + c, direction),
                Turned(second, cosine + c + Vector<float>.Count, sine + c + Vector<float>.Count, direction));
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

/// <summary>Sizes of what <see cref="RotaryKernels"/> turn.</summary>
/// <param name="Tokens">Batch × time.</param>
/// <param name="Time">Tokens of a sequence.</param>
/// <param name="Heads">Heads of a token.</param>
/// <param name="Turned">How many of them are turned, the first ones.</param>
/// <param name="Width">D, channels of a head; even.</param>
internal readonly record struct RotaryShape(long Tokens, long Time, long Heads, long Turned, long Width);
