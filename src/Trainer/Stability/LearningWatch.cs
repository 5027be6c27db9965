using System.Globalization;

namespace MhcOperator.Trainer.Stability;

/// <summary>
/// Whether training learns at all. A loss that no longer falls is what a converged run has too; one that no longer falls and is not much
/// under what the frequencies of the tokens alone would give has found nothing in what stands before a token. That fails no job, since
/// nothing gets worse, but a person wants to know.
/// </summary>
/// <param name="steps">Updates asked for.</param>
/// <param name="warmupSteps">In which little is learned for a good reason.</param>
/// <param name="frequencies">Entropy of the tokens' frequencies, in nats: the loss of a model that knows nothing else.</param>
internal sealed class LearningWatch(int steps, int warmupSteps, Func<double> frequencies)
{
    /// <summary>Steps whose losses are taken together: less noise, and a mean that says how sure it is.</summary>
    private const int Block = 25;

    /// <summary>
    /// Of the frequencies' entropy: losses over that are those of a model that hardly looks at what stands before a token.
    /// </summary>
    private const double Poor = 0.75;

    /// <summary>Standard errors that are no chance, among all the blocks of a long run.</summary>
    private const double Sure = 4;

    /// <summary>Smaller falls are none.</summary>
    private const double LeastFall = 0.02;

    /// <summary>
    /// Fall in the second half of a run, under which the end says what the way did not: the rate fell, and the loss a little with it.
    /// </summary>
    private const double LeastFallOfHalf = 0.1;

    private readonly int _patience = Math.Clamp(steps / 4, 100, 2000);
    private readonly List<double> _losses = [];
    private readonly List<(int Step, double Mean)> _blocks = [];
    private (double Mean, double Error)? _best;
    private int _since;
    private bool _said;

    /// <summary>Step since which nothing has been learned, where that is so for too long.</summary>
    public int? NotSince { get; private set; }

    /// <summary>Takes a step's loss in.</summary>
    /// <returns>What a person should know, once for each time that it comes about; else null.</returns>
    public string? Observe(int step, double loss)
    {
        if (!double.IsFinite(loss))
        {
            return null;
        }

        _losses.Add(loss);
        if (_losses.Count < Block)
        {
            return null;
        }

        var block = Mean();
        _losses.Clear();
        _blocks.Add((step, block.Mean));
        if (step <= warmupSteps || Falls(block))
        {
            (_best, _since, NotSince) = (block, step, null);
        }

        var since = step - _since >= _patience ? _since : steps - step < Block ? HardlySince(block.Mean) : null;
        var tokens = frequencies();
        if (NotSince is not null || since is null || block.Mean <= Poor * tokens)
        {
            return null;
        }

        NotSince = since;
        if (_said && step - _since < _patience)
        {
            return null;
        }

        _said = true;
        return string.Create(CultureInfo.InvariantCulture,
            $"step {step}: training has hardly learned since step {since}: the loss is {block.Mean:F4}, and the frequencies of the tokens alone give {tokens:F4}; a lower optimization.peakLearningRate or a longer warm-up often helps, or the data hold nothing to learn");
    }

    /// <summary>The middle of the run, where the second half brought hardly anything.</summary>
    private int? HardlySince(double mean) =>
        _blocks.FindLast(b => b.Step > warmupSteps && b.Step <= steps / 2 && steps - b.Step >= _patience) is { Step: > 0 } middle
            && mean > (1 - LeastFallOfHalf) * middle.Mean ? middle.Step : null;

    private bool Falls((double Mean, double Error) block) =>
        _best is not { } best || block.Mean < best.Mean - Math.Max(
            Sure * Math.Sqrt((block.Error * block.Error) + (best.Error * best.Error)), LeastFall * best.Mean);

    private (double Mean, double Error) Mean()
    {
        var mean = _losses.Average();
        return (mean, Math.Sqrt(_losses.Sum(l => (l - mean) * (l - mean)) / (Block - 1) / Block));
    }
}
