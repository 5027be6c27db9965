using MhcOperator.Api;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// How much memory the tensors take that a forward pass keeps for its backward pass: counted from what each function of the model saves,
/// and held against the allocator by a test. Gradients and what a function needs while it runs come on top.
/// </summary>
internal sealed class ActivationEstimate
{
    private const long Single = sizeof(float);

    private readonly long _tokens;
    private readonly int _layers;
    private readonly long _layer; // bytes a token of one layer, streams left out
    private readonly long _streams; // bytes a token of the streams of one sublayer, where they can be dropped alone
    private readonly long _border; // bytes a token of what the next block begins from
    private readonly long _ends; // bytes a token of embedding, final norm, head and loss

    /// <param name="model">Residual path and streams.</param>
    /// <param name="sizes">Of the model.</param>
    /// <param name="precision">Of the sublayers.</param>
    /// <param name="kernels">Of the residual path.</param>
    /// <param name="tokens">T, of one forward pass.</param>
    public ActivationEstimate(ModelSpec model, ModelDimensions sizes, Precision precision, KernelKind kernels, long tokens)
    {
        (_tokens, _layers) = (tokens, sizes.Layers);
        var result = precision == Precision.BFloat16 ? Single / 2 : Single; // of a product's element
        var fused = model.Residual == ResidualKind.Mhc && kernels == KernelKind.Native;
        long n = model.Mhc.Streams, stream = (fused ? result : Single) * sizes.Width;
        (long Sublayer, long Streams, long Border) path = (model.Residual, kernels) switch
        {
            (ResidualKind.Standard, _) => (stream, 0, stream),
            (ResidualKind.Mhc, KernelKind.Native) => (stream + (Single * ((2 * n * (n + 2)) + 1)), n * stream, (n + 1) * stream),
            (ResidualKind.Mhc, _) =>
                (((n + 2) * stream) + (Single * ((2 * model.Mhc.SinkhornIterations * n * (n + 1)) + (4 * n * (n + 2)))), 0, n * stream),
            _ => ((((2 * n) + 2) * stream) + (Single * 4 * n * (n + 2)), 0, n * stream),
        };
        (_streams, _border) = (path.Streams, path.Border);
        _layer = (2 * path.Sublayer) + Attention(sizes, result, kernels) + FeedForward(sizes, result);
        _ends = (2 * stream) + (sizes.Vocabulary >= HeadLossFunction.LeastVocabulary ? stream
            : (result * sizes.Width) + (Single * sizes.Vocabulary));
    }

    /// <summary>
    /// Sublayers between kept streams for which kept and rewritten ones together are fewest: √(nL/(n + 2)), L counting sublayers.
    /// </summary>
    public static int BestInterval(int streams, int layers) =>
        Math.Max(1, (int)Math.Round(Math.Sqrt(streams * 2.0 * layers / (streams + 2))));

    /// <summary>Whether streams can be dropped alone.</summary>
    public bool HasStreams => _streams > 0;

    /// <summary>Bytes at the worst moment: the end of the forward pass, or while a block is computed again.</summary>
    public long Peak(RecomputePlan plan)
    {
        var blocks = plan.Blocks.Count();
        var kept = (blocks * _border) + ((_layers - plan.Layers) * Layer(plan)) + Rewritten(plan);
        var again = plan.Layers == 0 ? 0 : (blocks * _border) + (plan.BlockLayers * Layer(plan)) + Rewritten(plan);
        return _tokens * (Math.Max(kept, again) + _ends);
    }

    private static long Attention(ModelDimensions sizes, long result, KernelKind kernels)
    {
        // Queries, keys and values as one.
        var kept = result * ((2 * sizes.Width) + ((sizes.Heads + (2 * sizes.KeyValueHeads)) * sizes.HeadWidth));
        if (kernels == KernelKind.Native)
        {
            return kept;
        }

        // Where heads share keys and values, those repeated for all heads too.
        var repeated = sizes.KeyValueHeads == sizes.Heads ? 0 : 2 * sizes.Width;
        return kept + (result * repeated) + (Single * sizes.Heads);
    }

    private static long FeedForward(ModelDimensions sizes, long result) => result * (sizes.Width + (3 * sizes.FeedForwardWidth));

    private long Layer(RecomputePlan plan) => _layer + (2 * _streams / plan.StreamInterval);

    private long Rewritten(RecomputePlan plan) => (plan.StreamInterval - 1) * _streams;
}
