using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class SchedulingPolicyTests
{
    private static StatusBuilder Begun => MakeStatus().With(s => { s.Attempt = 1; s.StartedAt = Clock.Start.UtcDateTime; });

    [Fact]
    public void A_pod_that_finds_no_node_is_named_with_what_it_waits_for_and_costs_nothing()
    {
        var plan = Scene.Of(MakeJob().WithRestarts(0), Begun)
            .WithPods(MakePod(1, 0).Scheduled(), MakePod(1, 1).Unschedulable("0/1 nodes are available: 1 Insufficient nvidia.com/gpu."))
            .Plan(10);

        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "Unschedulable");
        Assert.Equal("pod demo-1-1: 0/1 nodes are available: 1 Insufficient nvidia.com/gpu.",
            plan.Condition(ConditionTypes.GangScheduled).Message);
        Assert.Equal((1, 0), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.Equal("Pending", plan.Status.Phase);
    }

    [Fact]
    public void Every_pod_with_a_node_makes_a_scheduled_gang() =>
        Scene.Of(MakeJob(), Begun).WithPods(MakePod(1, 0).Scheduled(), MakePod(1, 1).Scheduled()).Plan()
            .ShouldHave(ConditionTypes.GangScheduled, "True", "Scheduled");

    [Fact]
    public void Pods_that_nobody_has_looked_at_are_pending() =>
        Scene.Of(MakeJob(), Begun).WithPods(MakePod(1, 0), MakePod(1, 1)).Plan()
            .ShouldHave(ConditionTypes.GangScheduled, "False", "Pending");

    [Fact]
    public void An_incomplete_gang_keeps_what_was_said()
    {
        var plan = Scene.Of(MakeJob(), Begun.Condition(ConditionTypes.GangScheduled, "False", "NotAllowed", "quota"))
            .WithPods(MakePod(1, 0)).Plan();
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NotAllowed");
    }
}
