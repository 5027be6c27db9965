using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

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

    private static Tensor Pairs(Tensor first, Tensor second) => stack([first, second], 2).flatten(1).to(ScalarType.Float32).DetachFromDisposeScope();
}
