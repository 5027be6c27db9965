using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class RestartPolicyTests
{
    private static Scene Failing(JobBuilder job, int restarts = 0) =>
        Scene.Of(job, MakeRunning(restarts + 1, 2).With(s => s.Restarts = restarts))
            .WithPods(MakePod(restarts + 1, 0).Ended(1, "segmentation fault"), MakePod(restarts + 1, 1).Running());

    [Fact]
    public void The_decision_is_one_status_write_and_the_old_gang_goes()
    {
        var plan = Failing(MakeJob().WithBackoff(10, 360)).Plan();

        Assert.Equal((2, 1), (plan.Status!.Attempt, plan.Status.Restarts));
        plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerFailed");
        plan.ShouldHave(ConditionTypes.Running, "False", "Restarting");
        Assert.Equal("Restarting", plan.Status.Phase);
        Assert.Equal(0, plan.Status.Workers.Active);
        Assert.InRange(plan.Status.RestartNotBefore!.Value, Clock.After(10).UtcDateTime, Clock.After(12).UtcDateTime);
        Assert.Equal(["demo-1-0", "demo-1-1"], plan.DeletedNames());
        Assert.Empty(plan.Pods);
        Assert.Equal(["Restarting"], plan.EventReasons());
    }

    [Fact]
    public void Without_any_restart_the_job_fails_as_its_worker_did()
    {
        var plan = Failing(MakeJob().WithRestarts(0)).Plan();
        plan.ShouldHaveFailed("WorkerFailed");
        Assert.Contains("segmentation fault", plan.Condition(ConditionTypes.Failed).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_all_restarts_used_up_the_job_fails()
    {
        var plan = Failing(MakeJob().WithRestarts(2), restarts: 2).Plan();
        plan.ShouldHaveFailed("MaxRestartsExceeded");
        Assert.Equal((3, 2), (plan.Status!.Attempt, plan.Status.Restarts));
    }

    [Fact]
    public void The_new_gang_continues_from_the_latest_checkpoint()
    {
        var scene = Failing(MakeJob().WithBackoff(0, 0));
        var pods = scene.After(scene.Plan()).WithoutPods().Plan(1).Pods;
        Assert.Equal(["demo-2-0", "demo-2-1"], pods.Select(p => (string)p["metadata"]!["name"]!));
        var env = pods[0]["spec"]!["containers"]![0]!["env"]!.AsArray();
        Assert.Equal("latest", (string?)env.Single(e => (string?)e!["name"] == "MHC_RESUME_STEP")!["value"]);
    }

    [Fact]
    public void A_new_gang_that_runs_ends_the_restart()
    {
        var plan = Scene.Of(MakeJob(),
            MakeStatus().With(s => { s.Attempt = 2; s.Restarts = 1; s.RestartNotBefore = Clock.Start.UtcDateTime; })
                .Condition(ConditionTypes.Restarting, "True", "WorkerFailed"))
            .WithPods(MakeRunningGang(2, 2)).Plan(60);
        plan.ShouldHave(ConditionTypes.Restarting, "False", "GangRunning");
        Assert.Null(plan.Status!.RestartNotBefore);
        Assert.Equal("Running", plan.Status.Phase);
        Assert.Equal(["GangRunning"], plan.EventReasons());
    }

    [Fact]
    public void A_failure_while_the_new_gang_starts_counts_again()
    {
        var plan = Scene.Of(MakeJob(),
            MakeStatus().With(s => { s.Attempt = 2; s.Restarts = 1; }).Condition(ConditionTypes.Restarting, "True", "WorkerFailed"))
            .WithPods(MakePod(2, 0).Ended(1, ""), MakePod(2, 1)).Plan();
        Assert.Equal((3, 2), (plan.Status!.Attempt, plan.Status.Restarts));
    }
}
