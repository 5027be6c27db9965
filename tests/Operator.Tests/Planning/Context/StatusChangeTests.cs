using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Context;

public sealed class StatusChangeTests
{
    /// <summary>The first status was written at <see cref="Clock.Start"/>, and the pods of the first attempt are there.</summary>
    private static Scene Starting()
    {
        var scene = Scene.Of(MakeJob());
        return scene.After(scene.Plan()).With(o => o with { StatusWrittenAt = Clock.Start }).WithPods(MakePod(1, 0), MakePod(1, 1));
    }

    [Fact]
    public void How_far_a_gang_has_come_that_starts_waits_from_when_it_is_known()
    {
        var early = Starting().Plan(100);
        Assert.Null(early.Status);
        Assert.True(early.DebounceStatus);
        Assert.Equal(TimeSpan.FromSeconds(15), early.RequeueAfter);

        var late = Starting().With(o => o with { StatusDebouncedSince = Clock.After(100) }).Plan(115);
        Assert.False(late.DebounceStatus);
        Assert.Equal(2, late.Status!.Workers.Active);
        Assert.Contains("wait for their nodes", late.Condition(ConditionTypes.GangScheduled).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_status_comes_after_the_pods_of_the_first_attempt_and_only_of_that()
    {
        Assert.True(Scene.Of(MakeJob()).Plan().StatusFollowsPods);
        Assert.False(Scene.Of(MakeJob()).WithPods(MakePod(1, 0), MakePod(1, 1)).Plan().StatusFollowsPods);
        Assert.False(Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).Plan().StatusFollowsPods);
        Assert.False(Scene.Of(MakeJob().Suspended()).Plan().StatusFollowsPods);
    }

    [Fact]
    public void A_gang_that_was_unstable_before_the_first_status_is_in_that_status()
    {
        var plan = Scene.Of(MakeJob().WithWorkers(1))
            .WithPods(MakePod(1, 0).Ended(86, Verdicts.LossSpike(restore: 100, bad: new(110, 121)))).Plan();

        Assert.False(plan.StatusFollowsPods);
        Assert.Equal((2, "110-121"), (plan.Status!.Attempt, Assert.Single(plan.Status.Rollbacks).Skipped));
        Assert.Equal(["demo-2-0"], plan.PodNames());
    }

    [Fact]
    public void That_it_runs_is_written_at_once()
    {
        var plan = Starting().WithPods(MakeRunningGang(1, 2)).Plan(1);
        plan.ShouldHave(ConditionTypes.Running, "True", "GangRunning");
        Assert.Equal(2, plan.Status!.Workers.Active);
        Assert.Equal(["GangRunning"], plan.EventReasons());
    }

    [Fact]
    public void Why_it_cannot_start_is_written_at_once() =>
        Starting().WithPods(MakePod(1, 0).Unschedulable("no node has a GPU"), MakePod(1, 1)).Plan(1)
            .ShouldHave(ConditionTypes.GangScheduled, "False", "Unschedulable");

    [Fact]
    public void A_pod_that_goes_before_it_is_written_that_all_were_there_is_lost_all_the_same()
    {
        var plan = Starting().With(o => o with { CompleteAttempt = 1 }).WithPods(MakePod(1, 0)).Plan(1);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerLost");
        Assert.Equal((2, 1), (plan.Status!.Attempt, plan.Status.Restarts));
    }

    [Fact]
    public void That_an_earlier_attempt_was_whole_says_nothing_of_this_one()
    {
        var plan = Starting().With(o => o with { CompleteAttempt = 0 }).WithPods(MakePod(1, 0)).Plan(1);
        Assert.Null(plan.Status);
        Assert.Equal(["demo-1-1"], plan.PodNames());
    }
}
