using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>What one sublayer's mHC coefficients are made with.</summary>
/// <param name="Phi">[n·C, M], or [n·C, (n−1)² + 2n] in reduced coordinates</param>
/// <param name="Bias">[M], or [(n−1)² + 2n]</param>
/// <param name="Alpha">[3]</param>
/// <param name="Streams">n</param>
/// <param name="Iterations">t_max</param>
internal sealed record MhcParameters(Tensor Phi, Tensor Bias, Tensor Alpha, int Streams, int Iterations)
{
    /// <summary>Whether φ and b were made by <see cref="Expand"/>, for one use.</summary>
    public bool AreExpanded { get; private init; }

    /// <summary>
    /// The same with all n² logits: in reduced coordinates, the last row and column of zeros are added, in the graph. Adding u_i + v_j to
    /// the logits does not change their projection, so that n² coefficients say no more than (n−1)² do. What it changes is how far from it
    /// a given number of iterations ends, so that each row is made to have the mean zero; columns are normalised first, and theirs do not
    /// matter.
    /// </summary>
    /// <returns>itself where nothing is to be added</returns>
    public MhcParameters Expand()
    {
        var reduced = (int)Bias.shape[0] - (2 * Streams);
        return reduced == Streams * Streams ? this
            : this with { Phi = WithZeros(Phi), Bias = WithZeros(Bias.unsqueeze(0)).squeeze(0), AreExpanded = true };
    }

    private Tensor WithZeros(Tensor columns)
    {
        long rows = columns.shape[0], n = Streams;
        var logits = columns.narrow(1, 2 * n, (n - 1) * (n - 1)).reshape(rows, n - 1, n - 1);
        var padded = nn.functional.pad(logits, [0, 1, 0, 1]);
        return cat([columns.narrow(1, 0, 2 * n), (padded - padded.mean([2], keepdim: true)).reshape(rows, n * n)], 1);
    }
}
