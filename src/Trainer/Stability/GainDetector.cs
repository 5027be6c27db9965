using System.Globalization;
using MhcOperator.Api;

namespace MhcOperator.Trainer.Stability;

/// <summary>A composite gain of the residual mappings over a fixed limit, in several measurements in a row (arXiv 2512.24880, section 5.4).</summary>
internal sealed class GainDetector(GainPolicy policy) : IDetector
{
    private int _inARow;
    private Finding _last = Finding.None;

    /// <inheritdoc/>
    public string Name => "gain";

    /// <inheritdoc/>
    public IReadOnlyList<double> State => [];

    /// <inheritdoc/>
    public Finding Observe(in StepObservation step)
    {
        if (step.Gain is not { } gain)
        {
            // Between two measurements the last one stands, but it cannot count again.
            return _last with { Confirmed = false };
        }

        // NaN is over every limit.
        if (gain.Forward < policy.Threshold && gain.Backward < policy.Threshold)
        {
            _inARow = 0;
            _last = Finding.None;
            return _last;
        }

        _inARow++;
        _last = new Finding(
            Suspicious: true,
            Confirmed: _inARow >= policy.Patience,
            "GainExceeded",
            string.Create(CultureInfo.InvariantCulture, $"composite gain forward {gain.Forward:G4}, backward {gain.Backward:G4}, {_inARow} measurements in a row (threshold {policy.Threshold:G4}, patience {policy.Patience})"),
            new Dictionary<string, double>(StringComparer.Ordinal) { ["gainForward"] = gain.Forward, ["gainBackward"] = gain.Backward, ["gainThreshold"] = policy.Threshold });
        return _last;
    }

    /// <inheritdoc/>
    public void Learn(in StepObservation step)
    {
    }

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<double> state)
    {
    }
}
