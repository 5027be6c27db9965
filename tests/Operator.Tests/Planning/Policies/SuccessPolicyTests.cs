using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class SuccessPolicyTests
{
    [Fact]
    public void The_job_succeeds_when_every_worker_has_ended_with_0()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Succeeded()).Plan(60);

        plan.ShouldHave(ConditionTypes.Succeeded, "True", "Succeeded");
        plan.ShouldHave(ConditionTypes.Running, "False", "Finished");
        Assert.Equal("Succeeded", plan.Status!.Phase);
        Assert.Equal(Clock.After(60).UtcDateTime, plan.Status.FinishedAt);
        Assert.Equal(2, plan.Status.Workers.Succeeded);
        Assert.Equal(["Succeeded"], plan.EventReasons());
    }

    [Fact]
    public void All_steps_are_done_then_even_if_the_last_report_was_earlier()
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.Optimization.Steps = 200),
            MakeRunning(1, 1).With(s => s.Progress = new ProgressStatus { Step = 190, TotalSteps = 200, Loss = 2.5 }))
            .WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Succeeded()).Plan();
        Assert.Equal((200, 200, 2.5), (plan.Status!.Progress!.Step, plan.Status.Progress.TotalSteps, plan.Status.Progress.Loss));
    }

    [Fact]
    public void The_figures_of_the_last_step_come_from_what_rank_0_left_when_it_ended()
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.Optimization.Steps = 200),
            MakeRunning(1, 1).With(s => s.Progress = new ProgressStatus { Step = 190, TotalSteps = 200, Loss = 2.5 }))
            .WithPods(
                MakePod(1, 0).Ended(
                    0, """{"attempt":1,"step":200,"totalSteps":200,"loss":2.25,"latestCheckpoint":200,"verifiedCheckpoint":150,"stabilityState":"Healthy"}"""), MakePod(1, 1).Succeeded()).Plan();
        Assert.Equal((200, 2.25), (plan.Status!.Progress!.Step, plan.Status.Progress.Loss));
        Assert.Equal((200, 150), (plan.Status.Checkpoints!.Latest, plan.Status.Checkpoints.Verified));
    }

    [Theory]
    [InlineData("done")]
    [InlineData("{\"step\":")]
    [InlineData("{\"step\":\"all\"}")]
    [InlineData("{\"weights\":\"sha256\"}")]
    public void Another_program_may_leave_what_it_likes_when_it_ends(string message)
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.Optimization.Steps = 200),
            MakeRunning(1, 1).With(s => s.Progress = new ProgressStatus { Step = 190, TotalSteps = 200, Loss = 2.5 }))
            .WithPods(MakePod(1, 0).Ended(0, message), MakePod(1, 1).Succeeded()).Plan();
        plan.ShouldHave(ConditionTypes.Succeeded, "True", "Succeeded");
        Assert.Equal((200, 2.5), (plan.Status!.Progress!.Step, plan.Status.Progress.Loss));
    }

    [Fact]
    public void One_worker_that_still_runs_is_waited_for()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Running()).Plan();
        Assert.DoesNotContain(plan.Status?.Conditions ?? [], c => c.Type == ConditionTypes.Succeeded);
        Assert.Equal(1, plan.Status!.Workers.Succeeded);
    }

    [Fact]
    public void Pods_of_an_earlier_attempt_prove_nothing()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(2, 2)).WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Succeeded()).Plan();
        Assert.DoesNotContain(plan.Status?.Conditions ?? [], c => c.Type == ConditionTypes.Succeeded);
    }

    [Fact]
    public void A_gang_with_a_missing_worker_has_not_succeeded()
    {
        var plan = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 0).Succeeded()).Plan();
        Assert.DoesNotContain(plan.Status!.Conditions, c => c.Type == ConditionTypes.Succeeded);
        Assert.Equal(["demo-1-1"], plan.PodNames());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(78)]
    public void Whatever_other_containers_do_the_job_has_succeeded_when_its_ranks_have(int? code)
    {
        var others = code == 0 ? Goes() : Over(code!.Value);
        var plan = Scene.Of(MakeJob(), MakeRunning(1, 2))
            .WithPods(MakePod(1, 0).Succeeded().Beside("log", others), MakePod(1, 1).Succeeded().Before("proxy", others, "Always")).Plan();
        plan.ShouldHave(ConditionTypes.Succeeded, "True", "Succeeded");
        Assert.Equal((0, 2, 0), (plan.Status!.Workers.Active, plan.Status.Workers.Succeeded, plan.Status.Workers.Failed));
        Assert.Equal(code == 0 ? ["demo-1-0"] : [], plan.DeletedNames());
    }

    [Fact]
    public void A_container_that_ends_with_0_does_not_end_its_worker()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(1, 1))
            .WithPods(MakePod(1, 0).Running().Beside("log", Over(0)), MakePod(1, 1).Running().Beside("log", Over(0))).Plan();
        Assert.DoesNotContain(plan.Status?.Conditions ?? [], c => c.Type == ConditionTypes.Succeeded);
    }

    [Fact]
    public void One_worker_is_told_of_as_one() => Assert.Equal(
        "the only worker is done",
        Scene.Of(MakeJob().WithWorkers(1),
            MakeRunning(1, 1)).WithPods(MakePod(1, 0).Succeeded()).Plan().Condition(ConditionTypes.Succeeded).Message);

    [Theory]
    [InlineData(99, false)]
    [InlineData(200, true)]
    public void A_0_after_the_pod_was_told_to_end_is_a_success_only_where_the_last_step_is_reported(int step, bool success)
    {
        var message = $$"""{"attempt":1,"step":{{step}},"totalSteps":200}""";
        foreach (var job in (JobBuilder[])[MakeJob(), MakeJob().Suspended()])
        {
            var plan = Scene.Of(job.With(j => j.Spec.Optimization.Steps = 200), MakeRunning(1, 2))
                .WithPods(MakePod(1, 0).Ended(0, message).Deleting(Clock.After(60)), MakePod(1, 1).Succeeded().Deleting(Clock.After(60)))
                .Plan();
            Assert.Equal(success, plan.Status!.Conditions.Any(c => c is { Type: ConditionTypes.Succeeded, Status: "True" }));
            Assert.Equal(success ? 200 : 0, plan.Status.Progress?.Step ?? 0);
        }
    }

    [Fact]
    public void Success_wins_over_a_suspension_that_comes_too_late()
    {
        var plan = Scene.Of(MakeJob().Suspended(), MakeRunning(1, 2)).WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Succeeded()).Plan();
        plan.ShouldHave(ConditionTypes.Succeeded, "True", "Succeeded");
    }
}
