using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class InstabilityPolicyTests
{
    private static Scene Unstable(JobBuilder job, string message, Action<MhcTrainingJobStatus>? with = null) =>
        Scene.Of(job, MakeRunning(1, 2).With(s => with?.Invoke(s))).WithPods(MakePod(1, 0).Ended(86, message), MakePod(1, 1).Ended(75, ""));

    [Fact]
    public void The_job_goes_back_as_the_verdict_says_in_one_write()
    {
        var plan = Unstable(MakeJob(), Verdicts.LossSpike(detected: 120, onset: 115, restore: 100, bad: new(107, 128))).Plan(5);

        var record = Assert.Single(plan.Status!.Rollbacks);
        Assert.Equal(
            (1, "LossSpike", 120, 115, 100, "107-128", "RecreateGang"),
            (record.Attempt, record.Reason, record.DetectedStep, record.OnsetStep, record.RestoredStep, record.Skipped, record.Tier));
        Assert.Equal(Clock.After(5).UtcDateTime, record.DetectedAt);
        Assert.Null(record.Seconds);
        Assert.Equal((2, 0), (plan.Status.Attempt, plan.Status.Restarts));
        Assert.Null(plan.Status.RestartNotBefore);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "RolledBack");
        plan.ShouldHave(ConditionTypes.Stable, "False", "LossSpike");
        Assert.Equal("Unstable", plan.Status.Stability!.State);
    }

    [Fact]
    public void The_event_names_reason_onset_detection_restored_step_and_what_is_skipped()
    {
        var happened = Assert.Single(Unstable(MakeJob(), Verdicts.LossSpike(bad: new(107, 128))).Plan().Events);
        Assert.Equal((true, "RolledBack"), (happened.IsWarning, happened.Reason));
        Assert.All(["LossSpike", "step 120", "step 115", "from step 100", "107-128"],
            part => Assert.Contains(part, happened.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_data_window_that_is_not_suspected_is_not_skipped()
    {
        var plan = Unstable(MakeJob(), Verdicts.LossSpike(bad: null)).Plan();
        Assert.Equal("", plan.Status!.Rollbacks[0].Skipped);
        Assert.DoesNotContain("without data steps", plan.Events[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Learning_rate_factors_multiply()
    {
        var plan = Scene.Of(MakeJob().WithRollbacks(5, factor: 0.5), MakeRunning(2, 2).Rollback(1, 50, 20, factor: 0.5))
            .WithPods(MakePod(2, 0).Ended(86, Verdicts.LossSpike()), MakePod(2, 1).Running()).Plan();
        Assert.Equal(0.25, plan.Status!.Rollbacks[1].LearningRateFactor);
    }

    [Fact]
    public void Checkpoints_after_the_restored_step_are_no_longer_shown()
    {
        var plan = Unstable(MakeJob(), Verdicts.LossSpike(restore: 100),
            s => s.Checkpoints = new CheckpointsStatus { Latest = 119, Verified = 90 }).Plan();
        Assert.Equal((100, 90), (plan.Status!.Checkpoints!.Latest, plan.Status.Checkpoints.Verified));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Killed")]
    [InlineData("{\"reason\":")]
    [InlineData("{\"reason\":\"LossSpike\",\"detectedStep\":100,\"onsetStep\":110,\"restoreStep\":90}")]
    [InlineData("{\"reason\":\"LossSpike\",\"detectedStep\":100,\"onsetStep\":90,\"restoreStep\":-3}")]
    [InlineData("{\"reason\":\"LossSpike\",\"detectedStep\":\"x\"}")]
    [InlineData("[1,2]")]
    public void Without_a_verdict_the_job_goes_back_to_the_last_verified_checkpoint(string message)
    {
        var plan = Unstable(MakeJob(), message, s =>
        {
            s.Checkpoints = new CheckpointsStatus { Latest = 100, Verified = 60 };
            s.Progress = new ProgressStatus { Step = 110 };
        }).Plan();

        var record = Assert.Single(plan.Status!.Rollbacks);
        Assert.Equal(("VerdictUnreadable", 60, 110), (record.Reason, record.RestoredStep, record.DetectedStep));
        plan.ShouldHave(ConditionTypes.Stable, "False", "VerdictUnreadable");
    }

    [Theory]
    [InlineData(2_000_000_000)]
    [InlineData(1001)]
    public void A_verdict_that_the_job_cannot_have_gives_no_place_back_and_the_limit_ends_it(int step)
    {
        var job = MakeJob().WithRollbacks(1).With(j => j.Spec.Optimization.Steps = 1000);
        var scene = Unstable(job, Verdicts.LossSpike(detected: step, onset: step, restore: 0));
        var first = scene.Plan();
        Assert.Equal("VerdictUnreadable", Assert.Single(first.Status!.Rollbacks).Reason);
        var second = scene.After(first)
            .WithPods(MakePod(2, 0).Ended(86, Verdicts.LossSpike(detected: step, onset: step, restore: 0)), MakePod(2, 1).Running())
            .Plan(10);
        second.ShouldHaveFailed("RollbackLimitExceeded");
    }

    [Fact]
    public void Steps_that_nobody_has_reported_give_no_place_back()
    {
        var scene = Scene.Of(MakeJob().WithRollbacks(1).With(j => j.Spec.Optimization.Steps = 100_000),
            MakeRunning(2, 2).Rollback(1, 50, 0))
            .WithPods(MakePod(2, 0).Ended(86, Verdicts.LossSpike(detected: 90_000, onset: 90_000, restore: 0)), MakePod(2, 1).Running());
        scene.Plan().ShouldHaveFailed("RollbackLimitExceeded");
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(120, true)]
    [InlineData(5000, false)]
    public void A_rollback_that_came_no_further_than_the_last_waits_as_a_restart_does(int reached, bool waits)
    {
        var job = MakeJob().WithRollbacks(5).WithBackoff(10, 300).With(j => j.Spec.Optimization.Steps = 10_000);
        var status = Scene.Of(job, MakeRunning(2, 2).Rollback(1, 120, 100).With(s => s.Progress = new ProgressStatus { Step = reached }))
            .WithPods(MakePod(2, 0).Ended(86, Verdicts.LossSpike(detected: reached, onset: reached, restore: 100)), MakePod(2, 1).Running())
            .Plan().Status!;
        Assert.Equal((3, waits), (status.Attempt, status.RestartNotBefore >= Clock.After(10).UtcDateTime));
    }

    [Theory]
    [InlineData(null, 1, 115, "RestartInPlace", 1)]
    [InlineData("RestartInPlace", 1, 115, "RecreateGang", 1)]
    [InlineData("RestartInPlace", 1, 121, "RestartInPlace", 1)]
    [InlineData("RecreateGang", 1, 115, "RecreateGang", 0.5)]
    [InlineData("RecreateGang", 1, 90, "RecreateGang", 0.5)]
    [InlineData("RecreateGang", 1, 121, "RestartInPlace", 1)]
    [InlineData("RecreateGang", 0.8, 115, "RecreateGang", 0.8)]
    public void Instability_that_comes_back_to_the_same_place_takes_the_next_rung(string? tierBefore, double factor, int onset, string tier,
        double learningRate)
    {
        var status = MakeRunning(1, 2).With(s => s.Progress = new ProgressStatus { Step = 130 });
        if (tierBefore is not null)
        {
            status.With(
                s => s.Rollbacks = [new RollbackRecord { Attempt = 0, Reason = "LossSpike", OnsetStep = 115, DetectedStep = 120,
                    RestoredStep = 60, Tier = tierBefore }]);
        }

        var verdict = new WorkerReport
        {
            Attempt = 1,
            ExitCode = 86,
            Message = Verdicts.LossSpike(detected: 130, onset: onset, restore: 60),
            EndedAt = Clock.Start.UtcDateTime
        };
        var plan = Scene.Of(MakeJob().WithRollbacks(5, factor: factor), status)
            .WithPods(MakePod(1, 0).Supervised(ready: false), MakePod(1, 1).Supervised())
            .WithReports(("demo-1-0", verdict)).Plan();
        var record = plan.Status!.Rollbacks[^1];
        Assert.Equal((tier, learningRate), (record.Tier, record.LearningRateFactor));
        Assert.Equal(learningRate < 1 && factor == 1,
            Assert.Single(plan.Events).Message.Contains("at 0.5 of the learning rate", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_verdict_and_without_a_verified_checkpoint_training_starts_again() =>
        Assert.Equal(0, Unstable(MakeJob(), "").Plan().Status!.Rollbacks[0].RestoredStep);

    [Fact]
    public void Any_rank_with_a_readable_verdict_is_enough()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(1, 2))
            .WithPods(MakePod(1, 0).Ended(86, "garbled"), MakePod(1, 1).Ended(86, Verdicts.LossSpike())).Plan();
        Assert.Equal("LossSpike", plan.Status!.Rollbacks[0].Reason);
    }

    [Fact]
    public void Beyond_the_limit_the_job_fails_and_nothing_is_recorded()
    {
        var plan = Unstable(MakeJob().WithRollbacks(0), Verdicts.LossSpike()).Plan();
        plan.ShouldHaveFailed("RollbackLimitExceeded");
        Assert.Empty(plan.Status!.Rollbacks);
    }

    [Fact]
    public void The_response_fail_ends_the_job()
    {
        var plan = Unstable(MakeJob().WithResponse(StabilityResponse.Fail), Verdicts.LossSpike()).Plan();
        plan.ShouldHaveFailed("TrainingUnstable");
        plan.ShouldHave(ConditionTypes.Stable, "False", "LossSpike");
    }

    [Fact]
    public void The_response_suspend_sets_the_spec_first_and_records_the_verdict_next()
    {
        var scene = Unstable(MakeJob().WithResponse(StabilityResponse.Suspend), Verdicts.LossSpike());
        var first = scene.Plan();
        Assert.True(first.SuspendJob);
        Assert.Null(first.Status);
        Assert.Empty(first.Delete);

        var second = Unstable(MakeJob().WithResponse(StabilityResponse.Suspend).Suspended().WithGeneration(2), Verdicts.LossSpike()).Plan();
        second.ShouldHave(ConditionTypes.Suspended, "True", "TrainingUnstable");
        Assert.Single(second.Status!.Rollbacks);
        Assert.Equal(["demo-1-0", "demo-1-1"], second.DeletedNames());
    }

    [Fact]
    public void The_response_observe_goes_on_from_the_latest_checkpoint_at_the_price_of_a_restart()
    {
        var plan = Unstable(MakeJob().WithResponse(StabilityResponse.Observe), Verdicts.LossSpike()).Plan();
        Assert.Empty(plan.Status!.Rollbacks);
        Assert.Equal(1, plan.Status.Restarts);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "UnstableObserved");
    }
}
