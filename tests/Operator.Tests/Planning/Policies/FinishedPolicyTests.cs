using MhcOperator.Api;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class FinishedPolicyTests
{
    private static Scene Failed(CleanPods policy) => Scene.Of(
            MakeJob().WithWorkers(3).WithCleanPods(policy),
            MakeRunning(2, 3).With(s => s.FinishedAt = Clock.Start.UtcDateTime).Condition(ConditionTypes.Failed, "True",
                "ConfigurationInvalid"))
        .WithPods(MakePod(1, 0).Ended(75, ""), MakePod(2, 0).Ended(78, ""), MakePod(2, 1).Running(), MakePod(2, 2).Succeeded());

    [Theory]
    [InlineData(CleanPods.None, "demo-1-0")]
    [InlineData(CleanPods.Running, "demo-2-1 demo-1-0")]
    [InlineData(CleanPods.AllButFailed, "demo-2-1 demo-2-2 demo-1-0")]
    [InlineData(CleanPods.All, "demo-2-0 demo-2-1 demo-2-2 demo-1-0")]
    public void The_pods_that_the_policy_does_not_keep_are_deleted_and_earlier_attempts_always(CleanPods policy, string deleted) =>
        Assert.Equal(deleted.Split(' '), Failed(policy).Plan().DeletedNames());

    [Theory]
    [InlineData(CleanPods.None, "", "")]
    [InlineData(CleanPods.Running, "", "demo-1-0")]
    [InlineData(CleanPods.AllButFailed, "", "demo-1-0")]
    [InlineData(CleanPods.All, "demo-1-0", "")]
    public void A_failed_pod_in_which_another_container_runs_is_stopped_and_keeps_its_log(CleanPods policy, string deleted, string stopped)
    {
        foreach (var pod in (PodBuilder[])[MakePod(1, 0).Ended(78, "").Beside("log", Goes()),
            MakePod(1, 0).Running().Beside("log", Over(1))])
        {
            var scene = Scene.Of(MakeJob().WithWorkers(1).WithRestarts(0).WithCleanPods(policy), MakeRunning(1, 1)).WithPods(pod);
            var plan = scene.Plan();
            plan.ShouldHave(ConditionTypes.Failed, "True",
                pod.Build().Status.ContainerStatuses[0].State.Terminated is null ? "WorkerFailed" : "ConfigurationInvalid");
            Assert.Equal((deleted, stopped), (string.Concat(plan.DeletedNames()), string.Concat(plan.Stop.Select(p => p.Metadata.Name))));
            Assert.Empty(scene.After(plan).WithPods(pod.With(p => p.Spec.ActiveDeadlineSeconds = 1)).Plan().Stop);
        }
    }

    [Fact]
    public void A_pod_whose_sidecars_alone_run_is_left_to_the_kubelet_which_ends_them()
    {
        var plan = Scene.Of(MakeJob().WithWorkers(1), MakeRunning(1, 1))
            .WithPods(MakePod(1, 0).Succeeded().Before("proxy", Goes(), "Always").With(p => p.Status.Phase = "Running")).Plan();
        plan.ShouldHave(ConditionTypes.Succeeded, "True", "Succeeded");
        Assert.Empty(plan.DeletedNames());
        Assert.Empty(plan.Stop);
    }

    [Fact]
    public void An_edit_of_a_finished_job_is_observed_and_what_may_not_change_is_still_refused()
    {
        var stored = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Succeeded()).Plan().Status!;
        stored.AcceptedSpec = Immutability.Snapshot(MakeJob().Build().Spec);
        Scene Edited(Action<MhcTrainingJob> change) => Scene.Of(MakeJob().WithGeneration(2).With(change), MakeStatus())
            .With(o => o with { Manifest = o.Manifest with { Status = stored } });

        var harmless = Edited(j => j.Spec.RunPolicy.TtlSecondsAfterFinished = 3600).Plan();
        Assert.Equal(2, harmless.Status!.ObservedGeneration);
        harmless.ShouldHave(ConditionTypes.Valid, "True", "Accepted");
        harmless.ShouldHave(ConditionTypes.Succeeded, "True", "Succeeded");

        var refused = Edited(j => j.Spec.Model.Width = 1024).Plan();
        Assert.Equal(2, refused.Status!.ObservedGeneration);
        refused.ShouldHave(ConditionTypes.Valid, "False", "ChangeRejected");
        Assert.Contains("spec.model.width", refused.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Equal("Succeeded", refused.Status.Phase);
        Assert.Empty(refused.Pods);
    }

    [Fact]
    public void Active_workers_follow_their_pods_and_how_workers_ended_stays()
    {
        var scene = Failed(CleanPods.AllButFailed);
        var first = scene.Plan().Status!;
        Assert.Equal((1, 1, 1), (first.Workers.Active, first.Workers.Succeeded, first.Workers.Failed));
        scene.After(scene.Plan());
        var later = scene.WithPods(MakePod(2, 0).Ended(78, "")).Plan(60).Status!;
        Assert.Equal((0, 0, 1, 1), (later.Workers.Active, later.Workers.Ready, later.Workers.Succeeded, later.Workers.Failed));
        scene.After(scene.Plan(60)).WithoutPods().Plan(120).ShouldCostNothing();
    }

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
        var scene = Scene.Of(MakeJob().Suspended(),
            MakeRunning(1, 0).With(s => s.Phase = "Succeeded").Condition(ConditionTypes.Succeeded, "True", "Succeeded"));
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
        var plan = Scene.Of(MakeJob().WithRestarts(1),
            MakeRunning(2, 2).With(s => s.Restarts = 1).Condition(ConditionTypes.Restarting, "True", "WorkerFailed"))
            .WithPods(MakePod(2, 0).Ended(1, ""), MakePod(2, 1).Running()).Plan();
        plan.ShouldHaveFailed("MaxRestartsExceeded");
        plan.ShouldHave(ConditionTypes.Restarting, "False", "Finished");
    }
}
