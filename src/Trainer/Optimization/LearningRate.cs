using MhcOperator.Api;

namespace MhcOperator.Trainer.Optimization;

/// <summary>The learning rate of every update.</summary>
internal static class LearningRate
{
    private const double CosineFloor = 0.1;

    /// <summary>
    /// Linear warm-up that reaches the peak with update <c>warmupSteps</c>, then the schedule: Cosine falls to a tenth of the peak with the
    /// last update; Steps takes ×0.316 after 80 % and ×0.1 after 90 % of the updates (arXiv 2512.24880, table 5); Constant stays.
    /// </summary>
    /// <param name="o">schedule</param>
    /// <param name="step">number of the update, from 1</param>
    /// <param name="factor">multiplies the result: below 1 after a rollback</param>
    public static double At(OptimizationSpec o, int step, double factor)
    {
        if (step <= o.WarmupSteps)
        {
            return factor * o.PeakLearningRate * step / o.WarmupSteps;
        }

        return factor * o.PeakLearningRate * o.Schedule switch
        {
            LearningRateSchedule.Cosine => Cosine((double)(step - o.WarmupSteps) / Math.Max(1, o.Steps - o.WarmupSteps)),
            LearningRateSchedule.Steps => Staircase((double)(step - 1) / o.Steps),
            _ => 1,
        };
    }

    private static double Cosine(double progress) =>
        CosineFloor + ((1 - CosineFloor) * 0.5 * (1 + Math.Cos(Math.PI * Math.Min(1, progress))));

    private static double Staircase(double done) => done switch { >= 0.9 => 0.1, >= 0.8 => 0.316, _ => 1 };
}
