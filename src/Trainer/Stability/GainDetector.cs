using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Stability;

/// <summary>
/// A composite gain of the residual mappings over a fixed limit, in several measurements in a row (arXiv 2512.24880, section 5.4). Networks
/// are known to train well with a gain of thousands, so a high one makes worse what another detector finds and is nothing by itself; one
/// that is not finite is an overflow.
/// </summary>
internal sealed class GainDetector(GainPolicy policy) : IDetector
{
    private int _inARow;
    private Finding _last = Finding.None;

    /// <inheritdoc/>
    public Finding Observe(in StepObservation step)
    {
        if (step.Gain is not { } gain)
        {
            // Between two measurements the last one stands, but it cannot count again.
            return _last.AtMost(FindingLevel.Suspicious);
        }

        // NaN is over every limit.
        if (gain.Forward < policy.Threshold && gain.Backward < policy.Threshold)
        {
            _inARow = 0;
            _last = Finding.None;
            return _last;
        }

        _inARow++;
        var finite = double.IsFinite(gain.Forward) && double.IsFinite(gain.Backward);
        _last = new Finding(
            _inARow < policy.Patience ? FindingLevel.Suspicious : finite ? FindingLevel.Confirmed : FindingLevel.Certain,
            EndReason.GainExceeded,
            string.Create(CultureInfo.InvariantCulture,
                $"composite gain forward {gain.Forward:G4}, backward {gain.Backward:G4}, {_inARow} measurements in a row (threshold {policy.Threshold:G4}, patience {policy.Patience})"),
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["gainForward"] = gain.Forward,
                ["gainBackward"] = gain.Backward,
                ["gainThreshold"] = policy.Threshold
            })
        {
            NeedsCompany = finite,
            WeightsDecide = finite && _inARow >= policy.Patience,
        };
        return _last;
    }

    /// <inheritdoc/>
    public void Limit(IDictionary<string, double> limits) => limits["gain"] = policy.Threshold;
}
