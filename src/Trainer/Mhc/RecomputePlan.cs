namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// What the forward pass of a model drops and the backward pass computes again, in the same way as before and so to the same bits.
/// </summary>
/// <param name="StreamInterval">
/// mHC's residual streams are kept once in so many sublayers (L_r of arXiv 2512.24880, section 4.3.2), and written again in between, from
/// what the sublayers gave; 1: all are kept. Fused kernels only.
/// </param>
/// <param name="Layers">So many layers, the first ones, keep nothing but the input of their block, and are computed again whole. The last
/// ones come first in the backward pass, so that dropping them would save nothing.</param>
/// <param name="BlockLayers">Layers of such a block; at least 1.</param>
internal sealed record RecomputePlan(int StreamInterval, int Layers, int BlockLayers)
{
    /// <summary>Everything is kept.</summary>
    public static RecomputePlan None { get; } = new(1, 0, 1);

    /// <summary>The first and the next to the last layer of each block.</summary>
    public IEnumerable<(int Begin, int End)> Blocks
    {
        get
        {
            for (var begin = 0; begin < Layers; begin += BlockLayers)
            {
                yield return (begin, Math.Min(begin + BlockLayers, Layers));
            }
        }
    }

    /// <summary>
    /// Whether the streams that enter a sublayer are kept. Those of the first are the embedding, and the write step cannot begin from that.
    /// </summary>
    /// <param name="sublayer">From 0, over the whole model.</param>
    public bool KeepsStreams(int sublayer) => sublayer == 0 || (sublayer - 1) % StreamInterval == 0;

    /// <inheritdoc/>
    public override string ToString() => (StreamInterval, Layers) switch
    {
        (1, 0) => "everything is kept",
        (_, 0) => $"streams are kept once in {StreamInterval} sublayers",
        (1, _) => $"the first {Layers} layers are computed again, {BlockLayers} at a time",
        _ => $"the first {Layers} layers are computed again, {BlockLayers} at a time, and streams are kept once in {StreamInterval} sublayers",
    };
}
