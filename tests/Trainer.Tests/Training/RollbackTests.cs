using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class RollbackTests
{
    [Fact]
    public void A_learning_rate_spike_ends_in_a_verdict_and_the_next_attempt_skips_the_bad_data()
    {
        using var job = new TestJob();
        job.Configuration.Optimization.Steps = 70;
        job.Configuration.Stability = new StabilitySpec { Rollback = { SkipBatches = 4 } };
        job.Configuration.Drills = [new DrillSpec { Kind = DrillKind.LearningRateSpike, Step = 50, Steps = 12, Factor = 300 }];

        Assert.Equal(ExitCode.Unstable, job.Train().ExitCode);
        var verdict = job.Verdict;
        Assert.Contains(verdict.Reason, (string[])["LossSpike", "GradientNormSpike", "NonFiniteLoss", "NonFiniteGradient"]);
        Assert.InRange(verdict.OnsetStep, 51, 53);
        Assert.InRange(verdict.DetectedStep, verdict.OnsetStep, verdict.OnsetStep + 6);
        Assert.Equal(40, verdict.RestoreStep);
        var bad = Assert.NotNull(verdict.BadData);
        Assert.Equal(new DataWindow(verdict.OnsetStep - 1 - 4, verdict.DetectedStep - 1 + 4), bad);

        var before = job.Trained().Count;
        var second = job.Train(
            (TrainerEnvironment.Attempt, "2"),
            (TrainerEnvironment.ResumeStep, $"{verdict.RestoreStep}"),
            (TrainerEnvironment.SkipWindows, bad.ToString()));

        Assert.Equal(ExitCode.Done, second.ExitCode);
        Assert.Contains("goes on after step 40", second.Output, StringComparison.Ordinal);
        var trained = job.Trained().Skip(before).ToList();
        Assert.Equal(Enumerable.Range(41, 30), trained.Select(t => t.Step));
        Assert.DoesNotContain(trained, t => bad.Contains(t.DataStep));
        Assert.Equal(bad.Last + 1, trained.First(t => t.DataStep > bad.First).DataStep);
        Assert.True(job.Losses()[^1] < 3.6, $"the loss is {job.Losses()[^1]} after the rollback");
    }

    [Fact]
    public void Residual_mappings_that_are_not_doubly_stochastic_end_training_before_its_first_update()
    {
        using var job = new TestJob();
        job.Configuration.Stability = new StabilitySpec { Gap = { RowThreshold = 1e-9 } }; // less than rounding leaves

        Assert.Equal(ExitCode.Unstable, job.Train().ExitCode);

        var verdict = job.Verdict;
        Assert.Equal(("GapExceeded", 1, 1, 0), (verdict.Reason, verdict.OnsetStep, verdict.DetectedStep, verdict.RestoreStep));
        Assert.Matches("^residual mappings are not doubly stochastic: a row's sum is [0-9.E-]+ off 1, .*: the projection is broken$",
            verdict.Message);
        Assert.InRange(verdict.Evidence["gapRow"], 1e-9, 1e-5);
    }

    [Fact]
    public void Noise_that_leaves_the_weights_well_costs_a_warning_and_is_in_the_record()
    {
        using var job = new TestJob();
        job.Configuration.Optimization.Steps = 60;
        job.Configuration.Drills = [new DrillSpec { Kind = DrillKind.PoisonBatches, Step = 45, Steps = 3 }];

        var run = job.Train();

        Assert.True(run.ExitCode == ExitCode.Done, run.Output);
        Assert.Matches(
            "step 48 .* looks Suspicious: .*; the batch of data step [0-9]+, which had a loss of [0-9.]+, has [0-9.]+ now: the data explain it", run.Output);
        var record = job.Record();
        Assert.Equal(Enumerable.Range(1, 60), record.Select(l => l.Step));
        Assert.Equal("Suspicious", record[47].StabilityState);
        Assert.Equal(job.Losses(), record.Select(l => l.Loss!.Value));
        Assert.NotNull(record[39].ValidationLoss);
    }

    [Fact]
    public void Only_observing_training_goes_on_through_non_finite_gradients_without_their_updates()
    {
        using var job = new TestJob();
        job.Configuration.Optimization.Steps = 12;
        job.Configuration.Checkpoints.IntervalSteps = 4;
        job.Configuration.Stability = new StabilitySpec { Response = StabilityResponse.Observe };
        job.Configuration.Drills = [new DrillSpec { Kind = DrillKind.NonFiniteGradient, Step = 5, Steps = 4 }];

        var run = job.Train();

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Contains("step 5 (data step 4) looks Suspicious: the gradient is not finite", run.Output, StringComparison.Ordinal);
        Assert.Contains("the update is left out", run.Output, StringComparison.Ordinal);
        Assert.All(job.Losses(), loss => Assert.True(double.IsFinite(loss)));
        Assert.True(Directory.Exists(Path.Combine(job.Checkpoints, "step-00000008")));
    }

    [Fact]
    public void A_corrupted_checkpoint_is_found_after_a_crash_and_the_one_before_is_used()
    {
        using var job = new TestJob();
        job.Configuration.Drills =
        [
            new DrillSpec { Kind = DrillKind.CorruptCheckpoint, Step = 21 },
            new DrillSpec { Kind = DrillKind.Crash, Step = 23 },
        ];

        var (crashCode, _) = job.Run();
        var second = job.Train((TrainerEnvironment.Attempt, "2"));

        Assert.Equal(128 + 9, crashCode);
        Assert.Equal(ExitCode.Done, second.ExitCode);
        Assert.Contains("checkpoint 20 is torn or corrupted", second.Output, StringComparison.Ordinal);
        Assert.Contains("goes on after step 10", second.Output, StringComparison.Ordinal);
    }
}
