using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Profiling;
using MhcOperator.Trainer.State;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// A decoder in the manner of Llama (RMS norm, rotary positions, grouped-query attention, SwiGLU), whose residual path is mHC,
/// HyperConnections or Standard. The output projection is not tied to the embedding: for a byte vocabulary it is small, and
/// hyper-connections scale the two differently. The sublayers compute in the given precision;
/// the fused mHC kernels store the streams in it too, all other residual paths in float32.
/// Suffixes name dimensions: B batch, t time, T = B·t tokens, n streams, C channels, V vocabulary.
/// </summary>
internal sealed class Transformer : nn.Module
{
    private readonly ModelDimensions _sizes;
    private readonly ResidualKind _residual;
    private readonly int _streams; // 0 = the plain residual
    private readonly Parameter _embedding_VC;
    private readonly Layer[] _layers;
    private readonly IResidualStack _stack;
    private readonly RmsNorm _norm;
    private readonly Linear _head; // C → V
    private readonly List<Linear> _products; // all of them
    private readonly Rotary _rotary;

    /// <summary>Makes the model with initial weights that depend on the sizes and the seed only.</summary>
    /// <exception cref="ArgumentException">The sizes do not fit together.</exception>
    public Transformer(ModelSpec model, int vocabulary, Precision precision, KernelKind kernels, long seed)
        : base(nameof(Transformer))
    {
        _sizes = new ModelDimensions(model, vocabulary);
        _residual = model.Residual;
        _streams = model.Residual == ResidualKind.Standard ? 0 : model.Mhc.Streams;
        _rotary = new Rotary(_sizes.ContextLength, _sizes.HeadWidth);

        using var parameters = new ParameterFactory(seed);
        _embedding_VC = parameters.Normal("embedding.weight", 0.02, _sizes.Vocabulary, _sizes.Width);
        List<MhcParameters> connections = [];
        List<IResidualPath> paths = [];
        _layers = [.. Enumerable.Range(0, _sizes.Layers).Select(i =>
        {
            Connect($"layers.{i}.attention", 2 * i);
            var attention = new Attention(parameters, i, _sizes, _rotary, precision, kernels);
            Connect($"layers.{i}.feed_forward", (2 * i) + 1);
            return new Layer(attention, new FeedForward(parameters, $"layers.{i}.feed_forward", _sizes, precision, kernels));
        })];
        IStreamHead? head = (_streams, model.Mhc.Head) switch
        {
            (0, _) => null,
            (_, StreamHead.Sum) => new SumHead(),
            _ => new LearnedHead(parameters, "stream_head", _streams, _sizes.Width, model.Mhc.InitialGate),
        };
        _stack = model.Residual == ResidualKind.Mhc && kernels == KernelKind.Native
            ? new MhcStack(connections, head as LearnedHead, precision == Precision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32)
            : new SequentialStack(paths, _streams, head);
        _norm = new RmsNorm(parameters, "norm", _sizes.Width);
        _head = new Linear(parameters, "head", _sizes.Width, _sizes.Vocabulary, precision, kernels);
        _products = [.. _layers.SelectMany(l => l.Attention.Products.Concat(l.FeedForward.Products)), _head];
        NamedParameters = [.. parameters.Made];

        void Connect(string name, int sublayer)
        {
            switch (model.Residual)
            {
                case ResidualKind.Mhc:
                    connections.Add(MhcInitialization.Sublayer(parameters, $"{name}.residual", model.Mhc, _sizes.Width));
                    paths.Add(new MhcResidual(connections[^1]));
                    break;
                case ResidualKind.HyperConnections:
                    paths.Add(new HyperConnectionResidual(parameters, $"{name}.residual", _streams, _sizes.Width, sublayer, kernels));
                    break;
                default:
                    paths.Add(new StandardResidual());
                    break;
            }
        }
    }

    /// <summary>Its sizes with all defaults.</summary>
    public ModelDimensions Sizes => _sizes;

    /// <summary>All trainable tensors, in an order and under names that depend on the sizes only.</summary>
    public IReadOnlyList<NamedParameter> NamedParameters { get; }

    /// <summary>Whether forward passes measure the composite gain, at the cost of one small product per sublayer.</summary>
    public bool MeasureGain { get; set; }

    /// <summary>Composite gain of the last forward pass that measured it; null before, and for the plain residual.</summary>
    public GainStatus? LastGain { get; private set; }

    /// <summary>
    /// Where forward passes put how far H_res of each sublayer is from doubly stochastic, where the residual path is mHC; null: nowhere.
    /// Not owned here.
    /// </summary>
    public MappingGap? Gap { get; set; }

    /// <summary>What the backward pass computes again instead of keeping it.</summary>
    public RecomputePlan Recompute { get; set; } = RecomputePlan.None;

    /// <summary>Mean cross-entropy of every next token.</summary>
    /// <param name="tokens">[B, t + 1] int64</param>
    /// <returns>nats per token over B·t targets, float32 scalar with its graph</returns>
    public Tensor Loss(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var time = tokens.shape[1] - 1;
        var final_TC = Forward(tokens.narrow(1, 0, time), cache: null);
        return _head.CrossEntropy(final_TC, tokens.narrow(1, 1, time).reshape(-1)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Adds the gradients of <paramref name="loss"/> to the parameters' and frees its graph. Use this instead of <c>loss.backward()</c>,
    /// which cannot throw what went wrong inside a native kernel.
    /// </summary>
    public static void Backward(Tensor loss)
    {
        using var scope = NewDisposeScope();
        try
        {
            loss.backward();
        }
        finally
        {
            ReturnedGradients.Release();
        }

        BackwardFault.ThrowIfAny();
    }

    /// <summary>
    /// Rounds all weights of products once, for the forward and backward passes until the result is disposed of. Nobody may change a weight
    /// meanwhile. Without this they are rounded in each pass. Nothing is done in float32.
    /// </summary>
    public IDisposable RoundWeights()
    {
        _products.ForEach(p => p.Round());
        return new Rounded(_products);
    }

    /// <summary>Scores of the next token at every position, without a graph.</summary>
    /// <param name="tokens">[B, t] int64, t at most the context length</param>
    /// <param name="cache">What was read before, to which the tokens are added: any number to an empty one, else one at a time. Null: they
    /// are all.</param>
    /// <returns>[B, t, V] float32</returns>
    /// <exception cref="ArgumentException">The tokens do not fit into the context.</exception>
    public Tensor Logits(Tensor tokens, KeyValueCache? cache = null)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        return _head.Apply(Forward(tokens, cache)).to(ScalarType.Float32).view(tokens.shape[0], tokens.shape[1], _sizes.Vocabulary)
            .MoveToOuterDisposeScope();
    }

    /// <param name="tokens_Bt">[B, t] int64</param>
    /// <returns>[T, C] float32, normed: what the output projection takes</returns>
    private Tensor Forward(Tensor tokens_Bt, KeyValueCache? cache)
    {
        long batch = tokens_Bt.shape[0], time = tokens_Bt.shape[1], read = cache?.Length ?? 0;
        if (time < 1 || read + time > _sizes.ContextLength)
        {
            throw new ArgumentException(
                $"A sequence must have from 1 to {_sizes.ContextLength} tokens (model.contextLength), not {read + time}.",
                nameof(tokens_Bt));
        }

        if (read > 0 && time > 1)
        {
            throw new ArgumentException($"One token at a time can follow {read} that were read, not {time}.", nameof(tokens_Bt));
        }

        using var gain = MeasureGain && _streams > 0 ? new CompositeGain() : null;
        var embedding_TC = StepProfile.Ends(_embedding_VC.index_select(0, tokens_Bt.reshape(-1)), "embedding");
        List<Sublayer> sublayers = [];
        foreach (var layer in _layers)
        {
            sublayers.Add(new Sublayer(layer.Attention.Norm, h_TC => layer.Attention.Apply(h_TC, batch, cache)));
            sublayers.Add(new Sublayer(layer.FeedForward.Norm, layer.FeedForward.Apply));
        }

        var gap = _residual == ResidualKind.Mhc ? Gap : null;
        var meter = gain is null && gap is null ? null : new MappingMeter(gain, gap);
        var final_TC = _stack.Apply(embedding_TC, sublayers, _norm, meter, Recompute);
        LastGain = gain?.Measure() ?? LastGain;
        cache?.Advance(time);
        return final_TC;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _rotary.Dispose();
            foreach (var parameter in NamedParameters)
            {
                parameter.Value.Dispose();
            }
        }

        base.Dispose(disposing);
    }

    private sealed record Layer(Attention Attention, FeedForward FeedForward);

    private sealed class Rounded(List<Linear> products) : IDisposable
    {
        public void Dispose() => products.ForEach(p => p.ForgetRounded());
    }
}
