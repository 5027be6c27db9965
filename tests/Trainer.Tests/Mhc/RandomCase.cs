using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Mhc;

/// <summary>Seeded inputs in float32 and the same numbers in float64, both leaves of a graph.</summary>
internal sealed class RandomCase(long seed) : IDisposable
{
    private readonly Generator _generator = new((ulong)seed, CPU);

    /// <summary>
    /// Random upstream gradients and odd sizes: a plain sum through Sinkhorn has nearly no gradient, and such a test cannot fail.
    /// </summary>
    public static TheoryData<int, int, int> Sizes()
    {
        var sizes = new TheoryData<int, int, int>();
        int[] tokens = [1, 3, 17], channels = [5, 24, 33];
        for (var n = 1; n <= 8; n++)
        {
            for (var i = 0; i < tokens.Length; i++)
            {
                sizes.Add(n, tokens[i], channels[(i + n) % channels.Length]);
            }
        }

        return sizes;
    }

    public Tensor Single(double deviation, params long[] shape) => (randn(shape, generator: _generator) * deviation).requires_grad_();

    public static Tensor Double(Tensor single) => single.detach().to(ScalarType.Float64).requires_grad_();

    public static void AssertClose(string what, Tensor expected, Tensor actual, double tolerance)
    {
        var error = MhcOperator.Trainer.Vectors.Tolerances.Error(actual, expected.detach());
        Assert.True(error <= tolerance, $"{what}: relative error {error:e2} is over {tolerance:e1}.");
    }

    public void Dispose() => _generator.Dispose();
}
