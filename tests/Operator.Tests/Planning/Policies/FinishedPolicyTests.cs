using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class FinishedPolicyTests
{
    private static Scene Failed(CleanPods policy) => Scene.Of(
            MakeJob().WithWorkers(3).WithCleanPods(policy),
            MakeRunning(2, 3).With(s => s.FinishedAt = Clock.Start.UtcDateTime).Condition(ConditionTypes.Failed, "True", "ConfigurationInvalid"))
        .WithPods(MakePod(1, 0).Ended(75, ""), MakePod(2, 0).Ended(78, ""), MakePod(2, 1).Running(), MakePod(2, 2).Succeeded());

    [Theory]
    [InlineData(CleanPods.None, "demo-1-0")]
    [InlineData(CleanPods.Running, "demo-2-1 demo-1-0")]
    [InlineData(CleanPods.AllButFailed, "demo-2-1 demo-2-2 demo-1-0")]
    [InlineData(CleanPods.All, "demo-2-0 demo-2-1 demo-2-2 demo-1-0")]
    public void The_pods_that_the_policy_does_not_keep_are_deleted_and_earlier_attempts_always(CleanPods policy, string deleted) =>
        Assert.Equal(deleted.Split(' '), Failed(policy).Plan().DeletedNames());

    [Fact]
    public void A_finished_job_never_runs_again()
    {
        var plan = Failed(CleanPods.All).WithoutPods().Plan();
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Create);
        Assert.DoesNotContain(plan.Status?.Conditions ?? [], c => c is { Type: ConditionTypes.Failed, Status: not "True" });
    }

    [Fact]
    public void A_finished_job_whose_pods_are_clean_costs_nothing()
    {
        var scene = Failed(CleanPods.All).WithoutPods();
        scene.After(scene.Plan()).Plan(3600).ShouldCostNothing();
    }

    [Fact]
    public void Suspending_a_finished_job_changes_nothing()
    {
        var scene = Scene.Of(MakeJob().Suspended(), MakeRunning(1, 2).With(s => s.Phase = "Succeeded").Condition(ConditionTypes.Succeeded, "True", "Succeeded"));
        scene.Plan().ShouldCostNothing();
    }

    [Fact]
    public void The_counts_of_the_end_are_kept_when_the_pods_are_gone()
    {
        var scene = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Succeeded());
        var end = scene.Plan();
        scene.After(end).WithoutPods().Plan(60).ShouldCostNothing();
        Assert.Equal(2, end.Status!.Workers.Succeeded);
    }

    [Fact]
    public void The_end_of_a_job_ends_its_restart()
    {
        var plan = Scene.Of(MakeJob().WithRestarts(1), MakeRunning(2, 2).With(s => s.Restarts = 1).Condition(ConditionTypes.Restarting, "True", "WorkerFailed"))
            .WithPods(MakePod(2, 0).Ended(1, ""), MakePod(2, 1).Running()).Plan();
        plan.ShouldHaveFailed("MaxRestartsExceeded");
        plan.ShouldHave(ConditionTypes.Restarting, "False", "Finished");
    }
}
