using System.Globalization;

namespace MhcOperator.Trainer.Stability;

/// <summary>A value far above its recent ones, for several steps in a row.</summary>
internal sealed class SpikeDetector(SpikeRule rule) : IDetector
{
    /// <summary>A run that counts for so many times the patience is no accident, even where the weights are well.</summary>
    private const int Certainty = 2;

    /// <summary>What counts for about a step is suspicious.</summary>
    private const double Enough = 0.9;

    private readonly SpikeScore _score = new(rule.Window, rule.Floor);
    private readonly SpikeRuns _runs = new();

    /// <inheritdoc/>
    public Finding Observe(in StepObservation step)
    {
        var value = rule.Value(step);
        if (!double.IsFinite(value))
        {
            return Finding.None;
        }

        if (_score.Of(rule.Scale(value)) is not { } score || score < rule.Threshold)
        {
            _runs.Ordinary();
            return Finding.None;
        }

        _runs.Spike(step);
        var surprise = _runs.Surprise;
        return new Finding(
            surprise >= Certainty * rule.Patience ? FindingLevel.Certain
                : surprise >= rule.Patience ? FindingLevel.Confirmed
                : surprise >= Enough ? FindingLevel.Suspicious
                : FindingLevel.Unusual,
            rule.Reason,
            string.Create(CultureInfo.InvariantCulture,
                $"{rule.Subject} {value:G5} is {score:G4} robust standard deviations above its recent values, {_runs.Length} steps in a row (threshold {rule.Threshold:G4}, patience {rule.Patience}{Usual()})"),
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                [rule.Name] = value,
                [rule.Name + "ZScore"] = score,
                [rule.Name + "Threshold"] = rule.Threshold
            })
        {
            Since = _runs.Began,
            WeightsDecide = _runs.Length >= rule.Patience,
        };
    }

    /// <inheritdoc/>
    public void Limit(IDictionary<string, double> limits)
    {
        if (_score.At(rule.Threshold) is { } limit)
        {
            limits[rule.Name] = rule.Unscale(limit);
        }
    }

    /// <inheritdoc/>
    public void Learn(in StepObservation step) => _score.Learn(rule.Scale(rule.Value(step)));

    /// <inheritdoc/>
    public void Save(IDictionary<string, IReadOnlyList<double>> memory)
    {
        memory[rule.Name] = _score.State;
        memory[rule.Name + "Runs"] = _runs.State;
    }

    /// <inheritdoc/>
    public void Restore(IReadOnlyDictionary<string, IReadOnlyList<double>> memory)
    {
        _score.Restore(memory.TryGetValue(rule.Name, out var values) ? values : []);
        _runs.Restore(memory.TryGetValue(rule.Name + "Runs", out var runs) ? runs : []);
    }

    private string Usual() =>
        _runs.Share >= 0.02 ? string.Create(CultureInfo.InvariantCulture, $"; of all steps {_runs.Share:P0} are so") : "";
}
