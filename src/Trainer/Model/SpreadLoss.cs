using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// The loss on some samples, spread evenly over all there are, in parts that are one forward pass each. The parts depend on the sizes
/// alone, so that whoever computes them gets the same bits.
/// </summary>
internal sealed class SpreadLoss
{
    private const int PartTokens = 512;

    private readonly Transformer _model;
    private readonly Reader _read;
    private readonly long _available;
    private readonly int _length; // of a sample
    private readonly int _partSamples;

    /// <param name="model">Whose loss it is.</param>
    /// <param name="read">Reads a sample.</param>
    /// <param name="available">Samples there are, at least 1.</param>
    /// <param name="wanted">About how many are taken; at least one part is.</param>
    public SpreadLoss(Transformer model, Reader read, long available, double wanted)
    {
        (_model, _read, _available) = (model, read, available);
        _length = (int)model.Sizes.ContextLength + 1;
        _partSamples = (int)Math.Min(Math.Max(1, PartTokens / model.Sizes.ContextLength), available);
        Parts = Math.Max(1, (int)(Math.Min(wanted, available) / _partSamples));
    }

    /// <summary>Fills [contextLength + 1] tokens of a sample.</summary>
    public delegate void Reader(long sample, Span<long> tokens);

    /// <summary>Forward passes in all.</summary>
    public int Parts { get; }

    /// <summary>Samples in all.</summary>
    public long Samples => (long)Parts * _partSamples;

    /// <summary>The mean loss of one part.</summary>
    /// <param name="part">0…<see cref="Parts"/>−1.</param>
    /// <returns>nats per token</returns>
    public float Of(int part)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var tokens = new long[_partSamples * _length];
        for (var i = 0; i < _partSamples; i++)
        {
            _read((((long)part * _partSamples) + i) * _available / Samples, tokens.AsSpan(i * _length, _length));
        }

        _model.MeasureGain = false;
        return _model.Loss(tensor(tokens, [_partSamples, _length])).item<float>();
    }
}
