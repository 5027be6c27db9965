using MhcOperator.Api;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// Amax gain of the product of H_res over all sublayers of one forward pass (arXiv 2512.24880, section 5.4), averaged over tokens:
/// forward = max |row sum|, backward = max |column sum|. Measured outside the graph.
/// </summary>
internal sealed class CompositeGain : IDisposable
{
    private Tensor? _product; // [T, n, n]

    /// <summary>Takes the next sublayer's H_res, [T, n, n].</summary>
    public void Add(Tensor res)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        var mapping = res.detach();
        var product = _product is null ? mapping.alias() : mapping.matmul(_product);
        _product?.Dispose();
        _product = product.DetachFromDisposeScope();
    }

    /// <summary>The result; null if nothing was added.</summary>
    public GainStatus? Measure()
    {
        if (_product is null)
        {
            return null;
        }

        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        return new GainStatus { Forward = MeanAmax(_product.sum(-1)), Backward = MeanAmax(_product.sum(-2)) };
    }

    public void Dispose() => _product?.Dispose();

    private static double MeanAmax(Tensor sums) => sums.abs().amax([-1]).to(ScalarType.Float64).mean().ToDouble();
}
