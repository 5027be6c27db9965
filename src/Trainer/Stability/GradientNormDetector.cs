using System.Globalization;
using MhcOperator.Api;

namespace MhcOperator.Trainer.Stability;

/// <summary>A gradient norm far above its recent values. Norms spread over orders of magnitude, so their logarithm is judged.</summary>
internal sealed class GradientNormDetector(GradientNormPolicy policy) : IDetector
{
    /// <summary>Least deviation of the logarithm: about a tenth up or down is always normal.</summary>
    private const double LogFloor = 0.1;

    private readonly SpikeScore _score = new(policy.Window, _ => LogFloor);
    private int _inARow;

    /// <inheritdoc/>
    public string Name => "gradientNorm";

    /// <inheritdoc/>
    public IReadOnlyList<double> State => _score.State;

    /// <inheritdoc/>
    public Finding Observe(in StepObservation step)
    {
        if (!double.IsFinite(step.GradientNorm))
        {
            return Finding.None;
        }

        var z = _score.Of(Logarithm(step.GradientNorm));
        if (z is not { } score || score < policy.Threshold)
        {
            _inARow = 0;
            return Finding.None;
        }

        _inARow++;
        return new Finding(
            Suspicious: true,
            Confirmed: _inARow >= policy.Patience,
            "GradientNormSpike",
            string.Create(CultureInfo.InvariantCulture, $"gradient norm {step.GradientNorm:G5}: its logarithm is {score:G4} robust standard deviations above its recent values, {_inARow} steps in a row (threshold {policy.Threshold:G4}, patience {policy.Patience})"),
            new Dictionary<string, double>(StringComparer.Ordinal) { ["gradientNorm"] = step.GradientNorm, ["gradientNormZScore"] = score, ["gradientNormThreshold"] = policy.Threshold });
    }

    /// <inheritdoc/>
    public void Learn(in StepObservation step) => _score.Learn(Logarithm(step.GradientNorm));

    /// <inheritdoc/>
    public void Restore(IReadOnlyList<double> state) => _score.Restore(state);

    private static double Logarithm(double norm) => Math.Log(Math.Max(norm, 1e-30));
}
