using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Stability;

/// <summary>Which value of a step a <see cref="SpikeDetector"/> judges, and from where on it is a spike.</summary>
/// <param name="Name">Name of the value, as the verdict's evidence and a checkpoint have it.</param>
/// <param name="Reason">Reason of a verdict, in CamelCase.</param>
/// <param name="Subject">What the message calls the value.</param>
/// <param name="Value">The value; steps at which it is not finite are another detector's.</param>
/// <param name="Scale">What is judged of it: itself, or its logarithm where it spreads over orders of magnitude.</param>
/// <param name="Unscale">The inverse of <paramref name="Scale"/>.</param>
/// <param name="Floor">Least standard deviation for a level, both after <paramref name="Scale"/>: smaller differences are not worth a
/// rollback.</param>
/// <param name="Window">Steps compared with.</param>
/// <param name="Threshold">Robust standard deviations from which a step counts.</param>
/// <param name="Patience">Steps in a row before training counts as unstable.</param>
internal sealed record SpikeRule(
    string Name,
    string Reason,
    string Subject,
    Func<StepObservation, double> Value,
    Func<double, double> Scale,
    Func<double, double> Unscale,
    Func<double, double> Floor,
    int Window,
    double Threshold,
    int Patience)
{
    /// <summary>
    /// A loss far above its recent values; a hundredth of it up or down, or of a nat where there is hardly any left, is always normal.
    /// </summary>
    public static SpikeRule Loss(LossSpikePolicy policy) => new(
        "loss",
        EndReason.LossSpike,
        "loss",
        step => step.Loss,
        loss => loss,
        loss => loss,
        level => Math.Max(Math.Abs(level) * 0.01, 0.01),
        policy.Window,
        policy.Threshold,
        policy.Patience);

    /// <summary>A gradient norm far above its recent values; about a tenth up or down is always normal.</summary>
    public static SpikeRule GradientNorm(GradientNormPolicy policy) => new(
        "gradientNorm",
        EndReason.GradientNormSpike,
        "the logarithm of gradient norm",
        step => step.GradientNorm,
        norm => Math.Log(Math.Max(norm, 1e-30)),
        Math.Exp,
        _ => 0.1,
        policy.Window,
        policy.Threshold,
        policy.Patience);
}
