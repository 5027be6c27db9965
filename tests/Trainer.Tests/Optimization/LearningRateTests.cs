using MhcOperator.Api;
using MhcOperator.Trainer.Optimization;

namespace MhcOperator.Trainer.Tests.Optimization;

public sealed class LearningRateTests
{
    [Theory]
    [InlineData(LearningRateSchedule.Cosine, 1, 0.1)]
    [InlineData(LearningRateSchedule.Cosine, 10, 1.0)]
    [InlineData(LearningRateSchedule.Cosine, 55, 0.55)]
    [InlineData(LearningRateSchedule.Cosine, 100, 0.1)]
    [InlineData(LearningRateSchedule.Cosine, 140, 0.1)]
    [InlineData(LearningRateSchedule.Steps, 5, 0.5)]
    [InlineData(LearningRateSchedule.Steps, 80, 1.0)]
    [InlineData(LearningRateSchedule.Steps, 81, 0.316)]
    [InlineData(LearningRateSchedule.Steps, 90, 0.316)]
    [InlineData(LearningRateSchedule.Steps, 91, 0.1)]
    [InlineData(LearningRateSchedule.Constant, 11, 1.0)]
    [InlineData(LearningRateSchedule.Constant, 100, 1.0)]
    public void The_schedule_goes_through_its_points(LearningRateSchedule schedule, int step, double share)
    {
        var optimization = new OptimizationSpec { Steps = 100, WarmupSteps = 10, PeakLearningRate = 0.004, Schedule = schedule };

        Assert.Equal(0.004 * share, LearningRate.At(optimization, step, factor: 1), 1e-12);
        Assert.Equal(0.002 * share, LearningRate.At(optimization, step, factor: 0.5), 1e-12);
    }

    [Fact]
    public void Without_warm_up_the_first_update_has_nearly_the_peak() =>
        Assert.Equal(1, LearningRate.At(new OptimizationSpec { Steps = 1000, WarmupSteps = 0, PeakLearningRate = 1 }, 1, factor: 1), 1e-4);

    [Fact]
    public void A_warm_up_over_all_steps_ends_at_the_peak() =>
        Assert.Equal(1, LearningRate.At(new OptimizationSpec { Steps = 5, WarmupSteps = 5, PeakLearningRate = 1 }, 5, factor: 1), 1e-12);
}
