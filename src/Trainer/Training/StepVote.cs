using MhcOperator.Api;
using MhcOperator.Trainer.Optimization;

namespace MhcOperator.Trainer.Training;

/// <summary>What the ranks tell each other in a step, in the exchange of their gradients.</summary>
internal readonly record struct StepVote
{
    /// <summary>Numbers of the exchange.</summary>
    public const int Numbers = 7;

    /// <summary>Mean loss, nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Whether this rank, or any of all, was told to end.</summary>
    public bool Stops { get; init; }

    /// <summary>Whether this rank, or each of all, has written its part of the checkpoint.</summary>
    public bool IsReady { get; init; }

    /// <summary>Composite gain; null where it was not measured, which is the same on every rank.</summary>
    public GainStatus? Gain { get; init; }

    /// <summary>How far the mappings are from doubly stochastic at the farthest; null likewise.</summary>
    public GapStatus? Gap { get; init; }

    /// <summary>Averages the gradients, and finds what all ranks say together.</summary>
    /// <returns>that, and the norm of the averaged gradients before clipping</returns>
    public (StepVote OfAll, double GradientNorm) Exchange(IUpdater updater)
    {
        Span<float> means = [(float)Loss, Stops ? 1 : 0, IsReady ? 1 : 0, (float)(Gain?.Forward ?? 0), (float)(Gain?.Backward ?? 0)];
        Span<float> maxima = [(float)(Gap?.Row ?? 0), (float)(Gap?.Column ?? 0)];
        var norm = updater.Average(means, maxima);
        return (
            new StepVote
            {
                Loss = means[0],
                Stops = means[1] > 0,
                IsReady = means[2] >= 1,
                Gain = Gain is null ? null : new GainStatus { Forward = means[3], Backward = means[4] },
                Gap = Gap is null ? null : new GapStatus { Row = maxima[0], Column = maxima[1] },
            },
            norm);
    }
}
