using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class StepsLostPolicyTests
{
    private static Scene Ending(params PodBuilder[] pods) => Scene.Of(MakeJob().WithBackoff(0, 0), At(120)).WithPods(pods);

    private static StatusBuilder At(int step) => MakeRunning(1, 2).With(s =>
    {
        s.Progress = new ProgressStatus { Step = step, TotalSteps = 1000 };
        s.Checkpoints = new CheckpointsStatus { Latest = 110, Verified = 100 };
    });

    /// <summary>The next gang runs, and has done steps from the first on.</summary>
    private static MhcTrainingJobStatus Next(Scene scene, Plan plan, int attempt, int? first) => scene.After(plan)
        .WithPods(MakeRunningGang(attempt, 2)).WithReport(Report(attempt, first), Clock.After(60)).Plan(60).Status!;

    private static TrainerStatus Report(int attempt, int? first) =>
        new()
        {
            Attempt = attempt,
            Step = first ?? 110,
            TotalSteps = 1000,
            FirstStep = first,
            LatestCheckpoint = 110,
            VerifiedCheckpoint = 100,
            StabilityState = "Healthy"
        };

    [Fact]
    public void A_rollback_gives_up_what_was_done_since_the_checkpoint_and_once_only()
    {
        var scene = Ending(MakePod(1, 0).Ended(86, Verdicts.LossSpike(restore: 100)), MakePod(1, 1).Running());
        var plan = scene.Plan();
        var record = Assert.Single(plan.Status!.Rollbacks);
        Assert.Equal(record.DetectedStep - 100, plan.Status.StepsLost!.Rollback);
        Assert.Equal(new StepsLostStatus { Rollback = record.DetectedStep - 100 }, Next(scene, plan, 2, first: 101).StepsLost);
    }

    [Fact]
    public void A_restart_loses_what_the_next_gang_has_to_do_again()
    {
        var scene = Ending(MakePod(1, 0).Ended(1, "segmentation fault"), MakePod(1, 1).Running());
        var plan = scene.Plan();
        Assert.Equal(new StepsLostStatus { FromStep = 120, Cause = "Restart" }, plan.Status!.StepsLost);
        // it has done no step yet
        Assert.Equal(new StepsLostStatus { FromStep = 120, Cause = "Restart" }, Next(scene, plan, 2, first: null).StepsLost);
        Assert.Equal(new StepsLostStatus { Restart = 10 }, Next(scene, plan, 2, first: 111).StepsLost);
    }

    [Fact]
    public void A_gang_that_ends_before_its_first_step_loses_nothing_more()
    {
        var scene = Ending(MakePod(1, 0).Ended(1, ""), MakePod(1, 1).Running());
        var again = scene.After(scene.Plan()).WithPods(MakePod(2, 0).Ended(1, ""), MakePod(2, 1).Running());
        var plan = again.Plan(10);
        Assert.Equal(3, plan.Status!.Attempt);
        Assert.Equal(new StepsLostStatus { Restart = 10 }, Next(again, plan, 3, first: 111).StepsLost);
    }

    [Fact]
    public void A_gang_that_ends_before_its_first_step_after_a_rollback_does_not_lose_again_what_was_given_up()
    {
        var scene = Ending(MakePod(1, 0).Ended(86, Verdicts.LossSpike(restore: 100)), MakePod(1, 1).Running());
        var first = scene.Plan();
        var given = first.Status!.StepsLost!.Rollback;
        var again = scene.After(first).WithPods(MakePod(2, 0).Ended(1, ""), MakePod(2, 1).Running());
        var plan = again.Plan(10);
        Assert.Equal(new StepsLostStatus { Rollback = given }, Next(again, plan, 3, first: 101).StepsLost);
        Assert.Equal(new StepsLostStatus { Rollback = given + 100 }, Next(again, plan, 3, first: 1).StepsLost); // its checkpoint was gone
    }

    [Fact]
    public void A_worker_that_the_cluster_takes_away_is_a_disruption()
    {
        var scene = Ending(MakePod(1, 0).Ended(137, "").Disrupted(), MakePod(1, 1).Running());
        Assert.Equal(new StepsLostStatus { Disruption = 10 }, Next(scene, scene.Plan(), 2, first: 111).StepsLost);
    }

    [Fact]
    public void A_suspension_that_committed_a_checkpoint_loses_nothing_and_another_one_does()
    {
        var scene = Scene.Of(MakeJob().Suspended(), At(120)).WithPods(MakeRunningGang(1, 2));
        var suspended = scene.Plan();
        Assert.Equal("Suspension", suspended.Status!.StepsLost!.Cause);
        var resumed = Scene.Of(MakeJob().WithBackoff(0, 0)).After(suspended).WithPods(MakeRunningGang(1, 2));
        var plan = resumed.Plan(10);
        Assert.Equal(2, plan.Status!.Attempt);
        Assert.Equal(new StepsLostStatus(), Next(resumed, plan, 2, first: 123).StepsLost);
        Assert.Equal(new StepsLostStatus { Suspension = 20 }, Next(resumed, plan, 2, first: 101).StepsLost);
    }

    [Fact]
    public void A_job_that_had_done_nothing_loses_nothing()
    {
        var scene = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakePod(1, 0).Ended(1, ""), MakePod(1, 1).Running());
        Assert.Null(scene.Plan().Status!.StepsLost);
    }

    [Fact]
    public void A_checkpoint_has_the_time_at_which_it_was_first_heard_of_and_one_from_before_the_upgrade_has_none()
    {
        var scene = Scene.Of(MakeJob(), At(111)).WithPods(MakeRunningGang(1, 2));
        var known = scene.WithReport(Report(1, first: 1) with { Step = 115 }, Clock.After(5)).Plan(5);
        Assert.Equal((110, null, 100, null), Checkpoints(known));
        var news = scene.After(known).WithReport(Report(1, first: 1) with { Step = 121, LatestCheckpoint = 120 }, Clock.After(60)).Plan(60);
        Assert.Equal((120, Clock.After(60).UtcDateTime, 100, null), Checkpoints(news));
        var verified = scene.After(news)
            .WithReport(Report(1, first: 1) with { Step = 130, LatestCheckpoint = 120, VerifiedCheckpoint = 110 }, Clock.After(90))
            .Plan(90);
        Assert.Equal((120, Clock.After(60).UtcDateTime, 110, Clock.After(90).UtcDateTime), Checkpoints(verified));
    }

    [Fact]
    public void After_a_rollback_the_restored_checkpoint_keeps_its_time_and_a_later_one_has_none()
    {
        var at = At(120).With(
            s => s.Checkpoints = new CheckpointsStatus
            {
                Latest = 110,
                LatestAt = Clock.After(50).UtcDateTime,
                Verified = 100,
                VerifiedAt = Clock.After(40).UtcDateTime
            });
        MhcTrainingJobStatus Back(int restore) => Scene.Of(MakeJob(), at)
            .WithPods(MakePod(1, 0).Ended(86, Verdicts.LossSpike(restore: restore)), MakePod(1, 1).Running()).Plan(60).Status!;

        Assert.Equal((100, Clock.After(40).UtcDateTime, 100, Clock.After(40).UtcDateTime), Checkpoints(Back(100)));
        Assert.Equal((90, null, 90, null), Checkpoints(Back(90)));
        Assert.Equal((null, null, null, null), Checkpoints(Back(0)));
    }

    private static (int?, DateTime?, int?, DateTime?) Checkpoints(Plan plan) => Checkpoints(plan.Status!);

    private static (int?, DateTime?, int?, DateTime?) Checkpoints(MhcTrainingJobStatus status) =>
        (status.Checkpoints!.Latest, status.Checkpoints.LatestAt, status.Checkpoints.Verified, status.Checkpoints.VerifiedAt);
}
