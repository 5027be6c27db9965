using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// What one sublayer's forward pass keeps for its backward pass. The functions of a chain share their neighbours' passes:
/// <see cref="ConnectFunction"/> of sublayer k writes the streams of sublayer k from the pass of k − 1, and its backward pass needs
/// the gradient of the streams after sublayer k, which only the next function of the chain sees. The engine runs that one first, because
/// h leads to y, and it puts the gradient here. So no stream, and no gradient of a stream, goes through the graph or is added up from two.
/// Tensors here are outside all dispose scopes; <see cref="Dispose"/> frees them, after the backward pass or when there will be none.
/// </summary>
internal sealed class MhcPass : IDisposable
{
    private bool _disposed;
    private Tensor? _x;

    /// <summary>The first sublayer of a chain.</summary>
    /// <param name="parameters">of the sublayer</param>
    /// <param name="x">[T, n, C], the streams, float32 or bfloat16; or [T, C], when all streams are this one row</param>
    /// <param name="norm">[C], weight of the sublayer's own RMS norm; null = it has none</param>
    public MhcPass(MhcParameters parameters, Tensor x, Tensor? norm = null)
        : this(parameters, x.shape[0], x.shape[^1], norm)
    {
        _x = Own(x.detach());
        Replicated = x.dim() == 2;
    }

    /// <summary>A sublayer whose streams are still to be written, from those of the one before.</summary>
    public MhcPass(MhcParameters parameters, MhcPass before, Tensor? norm)
        : this(parameters, before.Tokens, before.Channels, norm)
    {
        Before = before;
        _x = Own(empty(Tokens, parameters.Streams, Channels, dtype: before.X.dtype));
    }

    private MhcPass(MhcParameters parameters, long tokens, long channels, Tensor? norm)
    {
        long n = parameters.Streams;
        (Parameters, Tokens, Channels, Norm) = (parameters, tokens, channels, norm);
        if (parameters.AreExpanded)
        {
            Own(parameters.Phi);
            Own(parameters.Bias);
        }

        Pre = Own(empty(tokens, n));
        Post = Own(empty(tokens, n));
        Res = Own(empty(tokens, n, n));
        Raw = Own(empty(tokens, n * (n + 2)));
        R = Own(empty(tokens));
    }

    /// <summary>The model's parameters: owned here only where they were expanded for this pass.</summary>
    public MhcParameters Parameters { get; }

    /// <summary>Not owned here.</summary>
    public Tensor? Norm { get; }

    public long Tokens { get; }

    public long Channels { get; }

    /// <summary>The sublayer before, whose write step makes <see cref="X"/>; null at the start of a chain. Not owned here.</summary>
    public MhcPass? Before { get; }

    /// <summary>The streams that enter the sublayer.</summary>
    /// <exception cref="InvalidOperationException">They were dropped, and not made again.</exception>
    public Tensor X => _x ?? throw new InvalidOperationException("The streams of this sublayer were dropped.");

    /// <summary>Whether X is [T, C], the same row for all streams.</summary>
    public bool Replicated { get; }

    /// <summary>[T, n], as all coefficients written by <see cref="MhcKernels.Connect"/>.</summary>
    public Tensor Pre { get; }

    public Tensor Post { get; }

    public Tensor Res { get; }

    /// <summary>[T, M], (v φ) / r.</summary>
    public Tensor Raw { get; }

    /// <summary>[T].</summary>
    public Tensor R { get; }

    /// <summary>[T, C], the sublayer's result; from the forward pass of the next function of the chain.</summary>
    public Tensor? Y { get; private set; }

    /// <summary>
    /// [T, n, C], or [T, C] where it is the same for all streams; from the backward pass of the next function of the chain.
    /// </summary>
    public Tensor? GradOutput { get; private set; }

    public void KeepResult(Tensor y)
    {
        Y?.Dispose();
        Y = Own(y.detach());
    }

    public void KeepGradient(Tensor gradOutput) => GradOutput = Own(gradOutput);

    /// <summary>Frees the streams, once the next function of the chain has read them.</summary>
    public void DropStreams()
    {
        _x?.Dispose();
        _x = null;
    }

    /// <summary>
    /// Makes dropped streams again, and those before them: by the write steps that made them, from the nearest that were kept.
    /// </summary>
    public void RestoreStreams()
    {
        if (_x is null)
        {
            Before!.RestoreStreams();
            _x = Own(MhcKernels.Write(Before.X, Before.Y!, Before.Res, Before.Post));
        }
    }

    /// <summary>Takes over what the next function of the chain gave to another pass of the same sublayer, and ends that one.</summary>
    public void TakeEnd(MhcPass other)
    {
        (Y, GradOutput) = (other.Y, other.GradOutput);
        (other.Y, other.GradOutput) = (null, null);
        other.Dispose();
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (Parameters.AreExpanded)
        {
            Parameters.Phi.Dispose();
            Parameters.Bias.Dispose();
        }

        foreach (var tensor in (ReadOnlySpan<Tensor?>)[_x, Pre, Post, Res, Raw, R, Y, GradOutput])
        {
            tensor?.Dispose();
        }
    }

    private static Tensor Own(Tensor tensor) => tensor.DetachFromDisposeScope();
}
