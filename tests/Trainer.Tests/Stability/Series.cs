using MhcOperator.Api;
using MhcOperator.Trainer.Stability;

namespace MhcOperator.Trainer.Tests.Stability;

/// <summary>Made-up courses of training.</summary>
internal static class Series
{
    /// <summary>A loss that falls smoothly, with noise in proportion.</summary>
    public static double Loss(int step, double noise, Random random) =>
        (1.5 + (4 * Math.Exp(-step / 60.0))) * (1 + (noise * Normal(random)));

    /// <summary>A gradient norm that settles, with noise of its logarithm.</summary>
    public static double Norm(int step, double noise, Random random) =>
        (0.4 + (2 * Math.Exp(-step / 30.0))) * Math.Exp(noise * Normal(random));

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static StepObservation Step(int step, double loss = 2, double norm = 1, GainStatus? gain = null, GapStatus? gap = null) =>
        new(step, step + 100, loss, norm, gain, gap);
}
