using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class ActiveDeadlinePolicyTests
{
    private static Scene Running(int? seconds, JobBuilder? job = null) =>
        Scene.Of((job ?? MakeJob()).With(j => j.Spec.RunPolicy.ActiveDeadlineSeconds = seconds), MakeRunning(1, 2))
            .WithPods(MakeRunningGang(1, 2));

    [Fact]
    public void A_job_that_is_active_for_too_long_fails_and_its_pods_go()
    {
        var plan = Running(100).Plan(100);
        plan.ShouldHaveFailed("DeadlineExceeded");
        Assert.Equal(["demo-1-0", "demo-1-1"], plan.DeletedNames());
    }

    [Fact]
    public void Before_that_it_is_looked_at_again_in_time()
    {
        var plan = Running(100).Plan(30);
        Assert.DoesNotContain(plan.Status?.Conditions ?? [], c => c.Type == ConditionTypes.Failed);
        Assert.Equal(TimeSpan.FromSeconds(70), plan.RequeueAfter);
    }

    [Fact]
    public void Without_a_deadline_it_may_run_for_ever() => Running(null).Plan(1e8).ShouldCostNothing();

    [Fact]
    public void Suspended_time_does_not_count()
    {
        var job = MakeJob().With(j => j.Spec.RunPolicy.ActiveDeadlineSeconds = 100);
        var resumed = Scene.Of(job,
            MakeRunning(1, 2).With(s => s.StartedAt = null).Condition(ConditionTypes.Suspended, "True", "Suspended")).Plan(1000);
        Assert.Equal(Clock.After(1000).UtcDateTime, resumed.Status!.StartedAt);
        Assert.DoesNotContain(resumed.Status.Conditions, c => c.Type == ConditionTypes.Failed);
    }

    [Fact]
    public void A_job_that_waits_for_its_restart_is_active_too()
    {
        var job = MakeJob().With(j => j.Spec.RunPolicy.ActiveDeadlineSeconds = 100);
        var plan = Scene.Of(job,
            MakeStatus().With(
                s => { s.Attempt = 2; s.StartedAt = Clock.Start.UtcDateTime; s.RestartNotBefore = Clock.After(200).UtcDateTime; }))
                    .Plan(150);
        plan.ShouldHaveFailed("DeadlineExceeded");
    }
}
