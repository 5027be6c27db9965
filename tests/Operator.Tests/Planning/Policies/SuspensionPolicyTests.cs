using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class SuspensionPolicyTests
{
    [Fact]
    public void A_job_created_suspended_has_no_pods()
    {
        var scene = Scene.Of(MakeJob().Suspended()).With(o => o with { Service = null, ConfigMap = null, Claim = null });
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.Suspended, "True", "Suspended");
        Assert.Equal(("Suspended", 0), (plan.Status!.Phase, plan.Status.Attempt));
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Create);
        Assert.Null(plan.Status.StartedAt);
        scene.After(plan).Plan(1000).ShouldCostNothing();
    }

    [Fact]
    public void A_running_job_loses_its_pods_and_its_start_time()
    {
        var plan = Scene.Of(MakeJob().Suspended(), MakeRunning(1, 2)).WithPods(MakeRunningGang(1, 2)).Plan();

        plan.ShouldHave(ConditionTypes.Suspended, "True", "Suspended");
        plan.ShouldHave(ConditionTypes.Running, "False", "Suspended");
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "Suspended");
        Assert.Null(plan.Status!.StartedAt);
        Assert.Equal(["demo-1-0", "demo-1-1"], plan.DeletedNames());
        Assert.All(plan.Delete, d => Assert.Null(d.GraceSeconds));
        Assert.Equal(["Suspended"], plan.EventReasons());
    }

    [Fact]
    public void Pods_that_are_leaving_are_not_deleted_again()
    {
        var scene = Scene.Of(MakeJob().Suspended(), MakeRunning(1, 2)).WithPods(MakeRunningGang(1, 2));
        var plan = scene.After(scene.Plan()).WithPods(MakePod(1, 0).Running().Deleting(Clock.After(60)), MakePod(1, 1).Running()).Plan(1);
        Assert.Equal(["demo-1-1"], plan.DeletedNames());
    }

    [Fact]
    public void How_the_pods_end_is_no_failure()
    {
        var scene = Scene.Of(MakeJob().Suspended().WithRestarts(0), MakeRunning(1, 2)).WithPods(MakeRunningGang(1, 2));
        var plan = scene.After(scene.Plan())
            .WithPods(MakePod(1, 0).Ended(75, "").Deleting(Clock.After(60)), MakePod(1, 1).Ended(137, "").Deleting(Clock.After(60)))
            .Plan(1);
        Assert.DoesNotContain(plan.Status?.Conditions ?? [], c => c.Type == ConditionTypes.Failed);
        Assert.Equal(0, plan.Status?.Restarts ?? 0);
    }

    [Fact]
    public void A_trainer_that_ends_with_0_when_it_is_told_to_leaves_the_job_suspended_and_it_goes_on()
    {
        var job = MakeJob().Suspended();
        var scene = Scene.Of(job, MakeRunning(1, 2)).WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Succeeded());
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.Suspended, "True", "Suspended");

        var next = scene.After(plan)
            .WithPods(MakePod(1, 0).Succeeded().Deleting(Clock.After(60)), MakePod(1, 1).Succeeded().Deleting(Clock.After(60))).Plan(1);
        Assert.DoesNotContain((next.Status ?? plan.Status!).Conditions, c => c.Type == ConditionTypes.Succeeded);
        Assert.Equal("Suspended", (next.Status ?? plan.Status!).Phase);
        Assert.Null((next.Status ?? plan.Status!).Progress);
    }

    [Fact]
    public void A_restart_that_waits_is_ended_by_it()
    {
        var plan = Scene.Of(
            MakeJob().Suspended(),
            MakeStatus().With(s => { s.Attempt = 2; s.RestartNotBefore = Clock.After(60).UtcDateTime; })
                .Condition(ConditionTypes.Restarting, "True", "WorkerFailed")).Plan();
        plan.ShouldHave(ConditionTypes.Restarting, "False", "Suspended");
        Assert.Null(plan.Status!.RestartNotBefore);
    }

    [Fact]
    public void A_verdict_that_comes_while_the_gang_is_leaving_is_kept_and_told_once()
    {
        var scene = Scene.Of(MakeJob().Suspended(), MakeRunning(1, 2))
            .WithPods(MakePod(1, 0).Ended(86, Verdicts.LossSpike(restore: 100, bad: new(110, 121))), MakePod(1, 1).Running());

        var plan = scene.Plan();

        var record = Assert.Single(plan.Status!.Rollbacks);
        Assert.Equal((1, 100, "110-121"), (record.Attempt, record.RestoredStep, record.Skipped));
        Assert.Equal(1, plan.Status.Attempt);
        plan.ShouldHave(ConditionTypes.Suspended, "True", "TrainingUnstable");
        plan.ShouldHave(ConditionTypes.Stable, "False", "LossSpike");
        Assert.Null(scene.After(plan).Plan(1).Status);
    }

    [Fact]
    public void The_gang_after_such_a_verdict_begins_at_the_restored_step()
    {
        var scene = Scene.Of(MakeJob(),
            MakeStatus().With(s => s.Attempt = 1).Rollback(1, 115, 100, "110-121").Condition(ConditionTypes.Suspended, "True",
                "TrainingUnstable"));
        var env = scene.Plan(60).Pods[0]["spec"]!["containers"]![0]!["env"]!.AsArray()
            .ToDictionary(e => (string)e!["name"]!, e => (string)e!["value"]!);
        Assert.Equal(("100", "110-121", "2"), (env["MHC_RESUME_STEP"], env["MHC_SKIP_WINDOWS"], env["MHC_ATTEMPT"]));
    }

    [Fact]
    public void Replicas_changed_while_suspended_hold_for_the_next_gang()
    {
        var plan = Scene.Of(MakeJob().WithWorkers(4).WithGeneration(3),
            MakeStatus().With(s => s.Attempt = 1).Condition(ConditionTypes.Suspended, "True", "Suspended")).Plan();
        Assert.Equal(["demo-2-0", "demo-2-1", "demo-2-2", "demo-2-3"], plan.PodNames());
    }
}
