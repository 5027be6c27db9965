using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class SchedulingTimeoutPolicyTests
{
    private static Scene Half() => Scene.Of(MakeJob().With(j => j.Spec.Scheduling.TimeoutSeconds = 300), MakeStatus().With(s => s.Attempt = 1))
        .WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Unschedulable("0/3 nodes are available: 3 Insufficient nvidia.com/gpu."));

    [Fact]
    public void A_gang_that_is_only_partly_scheduled_gives_its_places_back()
    {
        var plan = Half().Plan(300);
        Assert.Equal((2, 0), (plan.Status!.Attempt, plan.Status.Restarts));
        plan.ShouldHave(ConditionTypes.Restarting, "True", "SchedulingTimeout");
        Assert.Contains("demo-1-1", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
        Assert.Equal(["demo-1-0", "demo-1-1"], plan.DeletedNames());
        Assert.NotNull(plan.Status.RestartNotBefore);
    }

    [Fact]
    public void It_has_its_time_before()
    {
        var plan = Half().Plan(100);
        Assert.Equal(1, plan.Status!.Attempt);
        Assert.Equal(TimeSpan.FromSeconds(200), plan.RequeueAfter);
    }

    [Fact]
    public void A_gang_of_which_no_pod_has_a_node_holds_nothing_and_waits()
    {
        var plan = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 0), MakePod(1, 1)).Plan(1e6);
        Assert.Equal(1, plan.Status!.Attempt);
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void It_costs_no_restart_even_where_none_is_allowed()
    {
        var plan = Scene.Of(MakeJob().WithRestarts(0), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 0).Running(), MakePod(1, 1)).Plan(301);
        Assert.DoesNotContain(plan.Status!.Conditions, c => c.Type == ConditionTypes.Failed);
        Assert.Equal(2, plan.Status.Attempt);
    }

    [Fact]
    public void The_time_counts_from_the_first_place_and_not_from_the_wait_for_the_queue()
    {
        var scene = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 0).PlacedAt(Clock.After(3600)), MakePod(1, 1));
        Assert.Equal(1, scene.Plan(3800).Status!.Attempt);
        Assert.Equal(2, scene.Plan(3900).Status!.Attempt);
    }

    [Fact]
    public void While_a_pod_waits_for_its_queue_no_time_counts()
    {
        var scene = Scene.Of(MakeJob().With(j => j.Spec.Scheduling.Queue = "team-a"), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 0).PlacedAt(Clock.Start), MakePod(1, 1).Gated());
        var plan = scene.Plan(1e5);
        Assert.Equal(1, plan.Status!.Attempt);
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "AwaitingAdmission");
        Assert.Contains("queue team-a", plan.Condition(ConditionTypes.GangScheduled).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gang_that_cannot_get_an_image_gives_its_places_back_and_takes_no_restart()
    {
        var scene = Scene.Of(MakeJob().WithRestarts(0), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Waiting("ImagePullBackOff", "no such image"));
        var before = scene.Plan(299);
        Assert.Equal(1, before.Status!.Attempt);
        before.ShouldHave(ConditionTypes.Running, "False", "ImagePullBackOff");
        var plan = scene.Plan(300);
        Assert.Equal((2, 0), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.Contains("demo-1-1 could not start (ImagePullBackOff)", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
    }
}
