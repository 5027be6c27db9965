using System.Globalization;

namespace MhcOperator.Trainer.Stability;

/// <summary>A value far above its recent ones, for several steps in a row.</summary>
internal sealed class SpikeDetector(SpikeRule rule) : IDetector
{
    private readonly SpikeScore _score = new(rule.Window, rule.Floor);
    private int _inARow;

    /// <inheritdoc/>
    public string Name => rule.Name;

    /// <inheritdoc/>
    public IReadOnlyList<double> State => _score.State;

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
            _inARow = 0;
            return Finding.None;
        }

        _inARow++;
        return new Finding(
            Suspicious: true,
            Confirmed: _inARow >= rule.Patience,
            rule.Reason,
            string.Create(CultureInfo.InvariantCulture, $"{rule.Subject} {value:G5} is {score:G4} robust standard deviations above its recent values, {_inARow} steps in a row (threshold {rule.Threshold:G4}, patience {rule.Patience})"),
            new Dictionary<string, double>(StringComparer.Ordinal) { [rule.Name] = value, [rule.Name + "ZScore"] = score, [rule.Name + "Threshold"] = rule.Threshold });
    }

    /// <inheritdoc/>
    public void Learn(in StepObservation step) => _score.Learn(rule.Scale(rule.Value(step)));

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<double> state) => _score.Restore(state);
}
