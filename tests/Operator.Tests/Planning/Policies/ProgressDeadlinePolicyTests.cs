using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class ProgressDeadlinePolicyTests
{
    private static Scene Running(int? seconds, int restarts = 3, double? movedAt = null) => Scene.Of(
            MakeJob().WithRestarts(restarts).With(j => j.Spec.RunPolicy.ProgressDeadlineSeconds = seconds),
            MakeRunning(1, 2).With(
                s => s.Progress = movedAt is { } at
                    ? new ProgressStatus { Step = 40, TotalSteps = 100, UpdatedAt = Clock.After(at).UtcDateTime } : null))
        .WithPods(MakeRunningGang(1, 2));

    [Fact]
    public void A_gang_without_a_new_step_is_restarted_as_hung()
    {
        var plan = Running(60, movedAt: 30).Plan(90);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "Hung");
        Assert.Equal((2, 1), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.Contains("step 40", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_clock_runs_from_the_last_step()
    {
        var plan = Running(60, movedAt: 30).Plan(80);
        Assert.Null(plan.Status);
        Assert.Equal(TimeSpan.FromSeconds(10), plan.RequeueAfter);
    }

    [Fact]
    public void Before_the_first_step_it_runs_from_the_moment_at_which_all_pods_ran() =>
        Assert.Equal(1, Running(60).Plan(60).Status!.Restarts);

    [Fact]
    public void A_gang_that_is_not_running_does_not_hang()
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.RunPolicy.ProgressDeadlineSeconds = 1), MakeStatus().With(s => s.Attempt = 1))
            .WithPods(MakePod(1, 0), MakePod(1, 1)).Plan(1000);
        Assert.Equal(1, plan.Status!.Attempt);
    }

    [Fact]
    public void Without_a_deadline_nothing_hangs() => Running(null, movedAt: 0).Plan(1e7).ShouldCostNothing();

    [Fact]
    public void Without_any_restart_the_job_fails_as_hung() => Running(60, restarts: 0).Plan(60).ShouldHaveFailed("Hung");

    [Fact]
    public void A_report_of_the_same_step_does_not_wind_the_clock()
    {
        var plan = Running(60, movedAt: 30).WithReport(new() { Attempt = 1, Step = 40, TotalSteps = 100 }, Clock.After(89)).Plan(90);
        Assert.Equal(1, plan.Status!.Restarts);
    }

    [Fact]
    public void A_report_of_a_new_step_does()
    {
        var plan = Running(60, movedAt: 30).WithReport(new() { Attempt = 1, Step = 41, TotalSteps = 100 }, Clock.After(89)).Plan(90);
        Assert.Equal(0, plan.Status!.Restarts);
    }
}
