using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class StartPolicyTests
{
    [Fact]
    public void A_new_job_gets_its_first_attempt_and_everything_at_once()
    {
        var plan = Scene.Of(MakeJob().WithWorkers(3)).With(o => o with { Service = null, ConfigMap = null, Claim = null }).Plan();

        Assert.Equal(1, plan.Status!.Attempt);
        Assert.Equal(Clock.Start.UtcDateTime, plan.Status.StartedAt);
        Assert.Equal("Pending", plan.Status.Phase);
        Assert.Equal(["demo-1-0", "demo-1-1", "demo-1-2"], plan.PodNames());
        Assert.Equal(["Service", "ConfigMap", "PersistentVolumeClaim"], plan.Create.Select(c => (string)c["kind"]!));
        Assert.Empty(plan.EventReasons());
    }

    [Fact]
    public void All_conditions_of_the_beginning_are_there()
    {
        var plan = Scene.Of(MakeJob()).Plan();
        plan.ShouldHave(ConditionTypes.Valid, "True", "Accepted");
        plan.ShouldHave(ConditionTypes.Suspended, "False", "NotSuspended");
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "Pending");
        plan.ShouldHave(ConditionTypes.Running, "False", "Pending");
        plan.ShouldHave(ConditionTypes.Stable, "Unknown", "NoReport");
        Assert.All(plan.Status!.Conditions, c => Assert.Equal(1, c.ObservedGeneration));
    }

    [Fact]
    public void An_attempt_that_has_begun_does_not_begin_again()
    {
        var scene = Scene.Of(MakeJob());
        var first = scene.Plan();

        var second = scene.After(first).Plan(1);

        Assert.Null(second.Status);
        Assert.Equal(first.PodNames(), second.PodNames());
    }

    [Fact]
    public void Pods_of_a_first_attempt_that_nobody_recorded_are_taken_on()
    {
        var plan = Scene.Of(MakeJob()).WithPods(MakePod(1, 0).OfGeneration(1), MakePod(1, 1).OfGeneration(1)).Plan();
        Assert.Equal((1, 2), (plan.Status!.Attempt, plan.Status.Workers.Active));
        Assert.NotNull(plan.Status.AcceptedSpec);
        Assert.Empty(plan.PodNames());
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void Those_that_are_missing_are_made_in_that_attempt()
    {
        var plan = Scene.Of(MakeJob()).WithPods(MakePod(1, 0).OfGeneration(1)).Plan();
        Assert.Equal(1, plan.Status!.Attempt);
        Assert.Equal(["demo-1-1"], plan.PodNames());
    }

    [Fact]
    public void Where_one_of_them_is_of_an_older_spec_another_attempt_replaces_them_all()
    {
        var plan = Scene.Of(MakeJob().WithGeneration(2)).WithPods(MakePod(1, 0).OfGeneration(1), MakePod(1, 1).OfGeneration(2)).Plan();
        Assert.Equal((2, 0), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.False(plan.StatusFollowsPods);
        Assert.Equal(["demo-1-0", "demo-1-1"], plan.Delete.Select(d => d.Pod.Metadata.Name));
        Assert.Empty(plan.PodNames());
    }

    [Fact]
    public void A_resumed_job_begins_another_attempt_and_its_clock_starts_anew()
    {
        var plan = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 3).Condition(ConditionTypes.Suspended, "True", "Suspended"))
            .Plan(100);

        Assert.Equal(4, plan.Status!.Attempt);
        Assert.Equal(Clock.After(100).UtcDateTime, plan.Status.StartedAt);
        plan.ShouldHave(ConditionTypes.Suspended, "False", "Resumed");
        Assert.Equal(["demo-4-0", "demo-4-1"], plan.PodNames());
        Assert.Equal(["Resumed"], plan.EventReasons());
        Assert.Equal(0, plan.Status.Restarts);
    }
}
