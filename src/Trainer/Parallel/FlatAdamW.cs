using MhcOperator.Trainer.Optimization;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// AdamW on flat pieces of memory. A piece is cut where another rank's block begins, so that every element is computed in the same way
/// whether a rank updates all blocks or its own: the bits are the same.
/// </summary>
internal sealed class FlatAdamW : IDisposable
{
    private readonly double _weightDecay;
    private readonly List<Piece> _pieces = [];

    /// <param name="weightDecay">For the elements that decay.</param>
    public FlatAdamW(double weightDecay)
    {
        _weightDecay = weightDecay;
        Steps = zeros([], dtype: ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <summary>float32 scalar: updates made.</summary>
    public Tensor Steps { get; }

    /// <summary>Adds a piece.</summary>
    /// <param name="weights">[length] float32, updated in place.</param>
    /// <param name="gradients">[length] float32.</param>
    /// <param name="block">Elements after which it is cut, again and again.</param>
    /// <param name="decayEnd">Weight decay applies to the elements before this one.</param>
    /// <returns>m and v, [length], which live as long as this.</returns>
    public (Tensor Averages, Tensor Squares) Add(Tensor weights, Tensor gradients, int block, int decayEnd)
    {
        var length = checked((int)weights.numel());
        var averages = zeros(length, ScalarType.Float32).DetachFromDisposeScope();
        var squares = zeros(length, ScalarType.Float32).DetachFromDisposeScope();
        List<Part> decaying = [], others = [];
        var cuts = Enumerable.Range(0, (length / block) + 1).Select(i => i * block).Append(Math.Clamp(decayEnd, 0, length)).Append(length)
            .Distinct().Order().ToList();
        foreach (var (begin, end) in cuts.Zip(cuts.Skip(1)))
        {
            var part = new Part(View(weights), View(gradients), View(averages), View(squares));
            (end <= decayEnd ? decaying : others).Add(part);
            Tensor View(Tensor flat) => FlatBucket.View(flat, begin, [end - begin]);
        }

        _pieces.Add(new Piece(gradients, averages, squares, decaying, others));
        return (averages, squares);
    }

    /// <summary>The updates of one step begin.</summary>
    public void BeginStep()
    {
        using var noGradients = no_grad();
        Steps.add_(1);
    }

    /// <summary>Updates one piece.</summary>
    /// <param name="piece">In the order in which they were added.</param>
    /// <param name="learningRate">Of the step.</param>
    /// <param name="scale">Multiplies the gradients, in place.</param>
    public void Update(int piece, double learningRate, float scale)
    {
        using var noGradients = no_grad();
        var (gradients, _, _, decaying, others) = _pieces[piece];
        gradients.mul_(scale);
        Update(decaying, learningRate, _weightDecay);
        Update(others, learningRate, weightDecay: 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var piece in _pieces)
        {
            foreach (var part in piece.Decaying.Concat(piece.Others))
            {
                part.Weights.Dispose();
                part.Gradients.Dispose();
                part.Averages.Dispose();
                part.Squares.Dispose();
            }

            piece.Averages.Dispose();
            piece.Squares.Dispose();
        }

        Steps.Dispose();
    }

    private void Update(List<Part> parts, double learningRate, double weightDecay) => AdamWKernel.Update(
        [.. parts.Select(p => p.Weights)],
        [.. parts.Select(p => p.Gradients)],
        [.. parts.Select(p => p.Averages)],
        [.. parts.Select(p => p.Squares)],
        Steps,
        learningRate,
        weightDecay);

    private sealed record Piece(Tensor Gradients, Tensor Averages, Tensor Squares, List<Part> Decaying, List<Part> Others);

    private sealed record Part(Tensor Weights, Tensor Gradients, Tensor Averages, Tensor Squares);
}
