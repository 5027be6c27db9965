using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// Rotary position embedding: channels (2i, 2i + 1) of a head at position p are turned by p · θ^(−2i/D), as one complex product.
/// </summary>
internal sealed class Rotary : IDisposable
{
    /// <summary>θ.</summary>
    public const double Theta = 10000;

    private readonly Tensor _turns; // [positions, 1, D/2] complex64

    /// <param name="positions">longest sequence</param>
    /// <param name="headWidth">D, even</param>
    public Rotary(long positions, long headWidth)
    {
        using var scope = NewDisposeScope();
        var frequency = pow(Theta, arange(0, headWidth, 2, dtype: ScalarType.Float64) / -headWidth);
        var angle = arange(positions, dtype: ScalarType.Float64).unsqueeze(1) * frequency;
        _turns = complex(angle.cos(), angle.sin()).to(ScalarType.ComplexFloat32).unsqueeze(1).DetachFromDisposeScope();
    }

    /// <param name="x">[B, t, heads, D] float32; the last dimension contiguous</param>
    /// <param name="start">position of the first</param>
    /// <returns>the same shape, contiguous</returns>
    public Tensor Apply(Tensor x, long start)
    {
        long[] shape = x.shape;
        var pairs = x.reshape(shape[0], shape[1], shape[2], shape[3] / 2, 2).view_as_complex();
        return (pairs * _turns.narrow(0, start, shape[1])).view_as_real().flatten(3);
    }

    public void Dispose() => _turns.Dispose();
}
