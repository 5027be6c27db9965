using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class ProgressPolicyTests
{
    private static Api.Contract.TrainerStatus Report(int step, string state = "Healthy", int attempt = 1) => new()
    {
        Attempt = attempt,
        Step = step,
        TotalSteps = 200,
        Loss = 3.25,
        ValidationLoss = 3.50004,
        TokensPerSecond = 1000,
        EtaSeconds = 60,
        Gain = new GainStatus { Forward = 1, Backward = 1.2 },
        Gap = new GapStatus { Row = 1e-7, Column = 0.02 },
        LatestCheckpoint = 100,
        VerifiedCheckpoint = 50,
        StabilityState = state,
    };

    private static Scene Running() => Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakeRunningGang(1, 2));

    [Fact]
    public void What_rank_0_says_is_taken_over()
    {
        var status = Running().WithReport(Report(120), Clock.After(7)).Plan(8).Status!;
        Assert.Equal((120, 200, 3.25, 1000.0, 60.0),
            (status.Progress!.Step, status.Progress.TotalSteps, status.Progress.Loss, status.Progress.TokensPerSecond,
                status.Progress.EtaSeconds));
        Assert.Equal(3.5, status.Progress.ValidationLoss);
        Assert.Equal(Clock.After(7).UtcDateTime, status.Progress.UpdatedAt);
        Assert.Equal((100, 50), (status.Checkpoints!.Latest, status.Checkpoints.Verified));
        Assert.Equal(("Healthy", 1.2, 0.02), (status.Stability!.State, status.Stability.Gain!.Backward, status.Stability.Gap!.Column));
    }

    [Theory]
    [InlineData("Healthy", "True")]
    [InlineData("Suspicious", "Unknown")]
    [InlineData("Unstable", "False")]
    public void The_condition_follows_the_state(string state, string expected) =>
        Running().WithReport(Report(120, state)).Plan().ShouldHave(ConditionTypes.Stable, expected, state);

    [Fact]
    public void Training_that_does_not_learn_is_stable_and_told_once()
    {
        var first = Running().WithReport(Report(120) with { NotLearningSince = 20 }).Plan();
        first.ShouldHave(ConditionTypes.Stable, "True", "NotLearning");
        Assert.Equal("training is stable, and has not learned since step 20",
            Assert.Single(first.Events, e => e.Reason == "NotLearning").Message);

        var later = Running().After(first).WithReport(Report(130) with { NotLearningSince = 20 }, Clock.After(60)).Plan(60);
        Assert.DoesNotContain(later.Events, e => e.Reason == "NotLearning");
    }

    [Fact]
    public void A_report_of_an_earlier_attempt_is_not_heard()
    {
        var scene = Scene.Of(MakeJob(), MakeRunning(2, 2)).WithPods(MakeRunningGang(2, 2)).WithReport(Report(120, attempt: 1));
        scene.Plan().ShouldCostNothing();
    }

    [Fact]
    public void Only_numbers_wait_until_the_last_write_is_old_enough()
    {
        var scene = Running().WithReport(Report(120));
        var first = scene.Plan();
        var later = scene.After(first).With(o => o with { StatusWrittenAt = Clock.Start }).WithReport(Report(130), Clock.After(2));
        var soon = later.Plan(2);
        soon.ShouldCostNothing();
        Assert.Equal(TimeSpan.FromSeconds(3), soon.RequeueAfter);
        Assert.Equal(130, later.Plan(5).Status!.Progress!.Step);
    }

    [Fact]
    public void A_change_of_state_does_not_wait()
    {
        var scene = Running().WithReport(Report(120));
        var plan = scene.After(scene.Plan()).With(o => o with { StatusWrittenAt = Clock.Start }).WithReport(Report(121, "Suspicious"))
            .Plan(1);
        plan.ShouldHave(ConditionTypes.Stable, "Unknown", "Suspicious");
    }

    [Fact]
    public void The_same_report_again_costs_nothing()
    {
        var scene = Running().WithReport(Report(120));
        scene.After(scene.Plan()).WithReport(Report(120), Clock.After(60)).Plan(60).ShouldCostNothing();
    }

    [Fact]
    public void A_new_gang_that_has_said_nothing_yet_does_not_wash_away_what_was_found()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(2, 2).Condition(ConditionTypes.Stable, "False", "LossSpike"))
            .WithPods(MakeRunningGang(2, 2)).WithReport(Report(100, "Unknown", attempt: 2)).Plan();
        plan.ShouldHave(ConditionTypes.Stable, "False", "LossSpike");
    }
}
