using MhcOperator.Api;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// How far H_res is from a doubly stochastic matrix: row = max |Σ_j H_ij − 1|, column = max |Σ_i H_ij − 1|, over all tokens and sublayers
/// that were added. The largest counts and not the mean, which hides the one token in a thousand that is off. NaN is larger than
/// everything. Measured outside the graph.
/// </summary>
internal sealed class MappingGap : IDisposable
{
    private Tensor? _row; // scalar, as the other
    private Tensor? _column;

    /// <summary>Takes a sublayer's H_res, [T, n, n].</summary>
    public void Add(Tensor res)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        var mapping = res.detach();
        _row = Larger(_row, mapping.sum(-1));
        _column = Larger(_column, mapping.sum(-2));
    }

    /// <summary>The result; null if nothing was added.</summary>
    public GapStatus? Measure() =>
        _row is null ? null : new GapStatus { Row = _row.ToDouble(), Column = _column!.ToDouble() };

    public void Dispose()
    {
        _row?.Dispose();
        _column?.Dispose();
    }

    private static Tensor Larger(Tensor? before, Tensor sums)
    {
        var gap = (sums - 1).abs().max();
        var larger = before is null ? gap : maximum(before, gap);
        before?.Dispose();
        return larger.DetachFromDisposeScope();
    }
}
