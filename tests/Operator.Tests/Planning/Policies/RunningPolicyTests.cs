using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class RunningPolicyTests
{
    private static StatusBuilder Begun => MakeStatus().With(s => { s.Attempt = 1; s.StartedAt = Clock.Start.UtcDateTime; });

    [Theory]
    [InlineData("ImagePullBackOff")]
    [InlineData("ErrImagePull")]
    [InlineData("InvalidImageName")]
    [InlineData("CreateContainerConfigError")]
    public void A_container_that_cannot_start_is_named_with_its_reason_and_burns_no_restart(string reason)
    {
        var plan = Scene.Of(MakeJob().WithRestarts(0), Begun)
            .WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Waiting(reason, "Back-off pulling image \"nope\"")).Plan(10);

        plan.ShouldHave(ConditionTypes.Running, "False", reason);
        Assert.Contains("demo-1-1", plan.Condition(ConditionTypes.Running).Message, StringComparison.Ordinal);
        Assert.Contains("nope", plan.Condition(ConditionTypes.Running).Message, StringComparison.Ordinal);
        Assert.Equal((1, 0), (plan.Status!.Attempt, plan.Status.Restarts));
    }

    [Fact]
    public void The_kubelets_two_words_for_a_missing_image_are_one_state()
    {
        var scene = Scene.Of(MakeJob(), Begun)
            .WithPods(MakePod(1, 0).Waiting("ErrImagePull", "not found"), MakePod(1, 1).Waiting("ErrImagePull", "not found"));
        scene.After(scene.Plan())
            .WithPods(MakePod(1, 0).Waiting("ImagePullBackOff", "back-off"), MakePod(1, 1).Waiting("ErrImagePull", "not found")).Plan(10)
            .ShouldCostNothing();
    }

    [Fact]
    public void Ordinary_starting_is_no_reason()
    {
        var plan = Scene.Of(MakeJob(), Begun).WithPods(MakePod(1, 0).Waiting("ContainerCreating", ""), MakePod(1, 1).Running()).Plan();
        plan.ShouldHave(ConditionTypes.Running, "False", "Starting");
    }

    [Fact]
    public void A_gang_of_which_every_pod_runs_is_running_and_says_so_once()
    {
        var scene = Scene.Of(MakeJob(), Begun).WithPods(MakeRunningGang(1, 2));
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.Running, "True", "GangRunning");
        Assert.Equal("Running", plan.Status!.Phase);
        Assert.Equal(["GangRunning"], plan.EventReasons());
        scene.After(plan).Plan(3600).ShouldCostNothing();
    }

    [Fact]
    public void A_worker_that_is_done_before_the_others_does_not_stop_the_gang()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Running()).Plan();
        Assert.Equal("True", plan.Condition(ConditionTypes.Running).Status);
    }
}
