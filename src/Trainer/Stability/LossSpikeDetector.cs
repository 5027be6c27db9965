using System.Globalization;
using MhcOperator.Api;

namespace MhcOperator.Trainer.Stability;

/// <summary>A loss far above its recent values, for several steps in a row.</summary>
internal sealed class LossSpikeDetector(LossSpikePolicy policy) : IDetector
{
    /// <summary>Least deviation, as a share of the median: differences under it are not worth a rollback.</summary>
    private const double RelativeFloor = 0.01;

    private readonly SpikeScore _score = new(policy.Window, median => Math.Max(Math.Abs(median) * RelativeFloor, 1e-3));
    private int _inARow;

    /// <inheritdoc/>
    public string Name => "loss";

    /// <inheritdoc/>
    public IReadOnlyList<double> State => _score.State;

    /// <inheritdoc/>
    public Finding Observe(in StepObservation step)
    {
        if (!double.IsFinite(step.Loss))
        {
            return Finding.None;
        }

        var z = _score.Of(step.Loss);
        if (z is not { } score || score < policy.Threshold)
        {
            _inARow = 0;
            return Finding.None;
        }

        _inARow++;
        return new Finding(
            Suspicious: true,
            Confirmed: _inARow >= policy.Patience,
            "LossSpike",
            string.Create(CultureInfo.InvariantCulture, $"loss {step.Loss:G5} is {score:G4} robust standard deviations above its recent values, {_inARow} steps in a row (threshold {policy.Threshold:G4}, patience {policy.Patience})"),
            new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = step.Loss, ["lossZScore"] = score, ["lossThreshold"] = policy.Threshold });
    }

    /// <inheritdoc/>
    public void Learn(in StepObservation step) => _score.Learn(step.Loss);

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<double> state) => _score.Restore(state);
}
