using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Stability;

/// <summary>A loss or gradient that is NaN or infinite. A few such updates are left out; more in a row are an instability.</summary>
internal sealed class NonFiniteDetector(NonFinitePolicy policy) : IDetector
{
    private int _inARow;

    /// <inheritdoc/>
    public Finding Observe(in StepObservation step)
    {
        if (double.IsFinite(step.Loss) && double.IsFinite(step.GradientNorm))
        {
            _inARow = 0;
            return Finding.None;
        }

        _inARow++;
        var what = double.IsFinite(step.Loss) ? "gradient" : "loss";
        // JSON has no NaN: the evidence counts the steps instead of showing the values.
        return new Finding(
            _inARow > policy.SkipUpdates ? FindingLevel.Certain : FindingLevel.Suspicious,
            double.IsFinite(step.Loss) ? EndReason.NonFiniteGradient : EndReason.NonFiniteLoss,
            string.Create(CultureInfo.InvariantCulture,
                $"the {what} is not finite, {_inARow} steps in a row; {policy.SkipUpdates} updates may be left out"),
            new Dictionary<string, double>(StringComparer.Ordinal) { ["nonFiniteSteps"] = _inARow, ["skipUpdates"] = policy.SkipUpdates });
    }
}
