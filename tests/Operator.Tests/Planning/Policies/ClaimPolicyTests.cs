using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class ClaimPolicyTests
{
    private static StatusBuilder Trained => MakeRunning(1, 2).With(s =>
    {
        s.Checkpoints = new CheckpointsStatus { ClaimUid = "first", Latest = 60 };
        s.Progress = new ProgressStatus { Step = 73, TotalSteps = 100 };
    });

    private static Scene WithClaim(Scene scene, string uid, bool deleting = false) => scene.With(o =>
    {
        o.Claim!.Metadata.Uid = uid;
        o.Claim.Metadata.DeletionTimestamp = deleting ? Clock.Start.UtcDateTime : null;
        return o;
    });

    [Theory]
    [InlineData(true, true, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void The_claim_of_a_job_whose_pods_are_refused_goes_with_it_where_it_was_made_for_it(bool refused, bool madeForIt, bool bound)
    {
        var scene = Scene.Of(MakeJob()).With(o =>
        {
            o.Claim!.Metadata.Annotations[Annotations.MadeFor] = madeForIt ? Uid : "before";
            return o with { Refusals = refused ? [new("Pod", "demo-1-0", System.Net.HttpStatusCode.Forbidden, "no", 1, Clock.Start)] : [] };
        });
        Assert.Equal(bound ? true : null, scene.Plan(1).Claim?.IsOwned);
    }

    [Theory]
    [InlineData(VolumePolicy.Retain, true, false)]
    [InlineData(VolumePolicy.Retain, false, null)]
    [InlineData(VolumePolicy.Delete, true, null)]
    public void One_that_is_to_stay_no_longer_does_when_a_pod_was_accepted(VolumePolicy policy, bool accepted, bool? owned)
    {
        var scene = Scene.Of(MakeJob().With(j => j.Spec.Checkpoints.Volume.Policy = policy), MakeStatus().With(s => s.Attempt = 1))
            .With(o =>
        {
            o.Claim!.Metadata.OwnerReferences = o.Service!.Metadata.OwnerReferences;
            return o;
        });
        Assert.Equal(owned, scene.WithPods(accepted ? [MakePod(1, 0).Build()] : []).Plan().Claim?.IsOwned);
    }

    [Fact]
    public void A_claim_that_is_being_deleted_is_told_once_and_no_gang_is_made_on_it()
    {
        var scene = WithClaim(Scene.Of(MakeJob(), Trained).WithPods(MakeRunningGang(1, 2)), "first", deleting: true);
        var plan = scene.Plan();
        Assert.Contains("with every checkpoint in it",
            Assert.Single(plan.Events, e => e is { IsWarning: true, Reason: "ClaimDeleted" }).Message, StringComparison.Ordinal);
        scene.After(plan).Plan(1).ShouldCostNothing();
        Assert.Empty(WithClaim(Scene.Of(MakeJob(), Trained.With(s => s.Attempt = 2)), "first", deleting: true).Plan().Pods);
    }

    [Fact]
    public void What_was_lost_with_a_claim_is_said_and_nothing_is_gone_on_from_it()
    {
        var scene = WithClaim(Scene.Of(MakeJob(), Trained.With(s => s.Attempt = 2).Rollback(1, onset: 70, restored: 60, seconds: null)),
            "second");
        var plan = scene.Plan();
        var warning = Assert.Single(plan.Events, e => e is { IsWarning: true, Reason: "ProgressLost" });
        Assert.Equal(
            "PersistentVolumeClaim demo-checkpoints was deleted, and every checkpoint in it is lost: training begins again from the start; it had come to step 73", warning.Message);
        Assert.Equal((null, null, warning.Message),
            (plan.Status!.Progress, plan.Status.Checkpoints!.Latest, plan.Status.Checkpoints.Message));
        Assert.All(plan.Pods, pod => Assert.Equal("none", Variable(pod, "MHC_RESUME_STEP")));
        Assert.DoesNotContain(scene.After(plan).Plan(1).Events, e => e.Reason == "ProgressLost");
    }

    [Theory]
    [InlineData("first", false, "from the latest good checkpoint (restart 1 of 3)")]
    [InlineData("first", true, "from the start (restart 1 of 3)")]
    [InlineData(null, false, "from the start (restart 1 of 3)")]
    public void A_restart_says_from_where_it_truly_begins(string? uid, bool deleting, string said)
    {
        var scene = Scene.Of(MakeJob().WithRestarts(3), Trained).WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Ended(1, ""))
            .With(o => o with { Options = o.Options with { RestartsInPlace = false } });
        scene = uid is null ? scene.With(o => o with { Claim = null }) : WithClaim(scene, uid, deleting);
        Assert.EndsWith(said, Assert.Single(scene.Plan(10).Events, e => e.Reason == "Restarting").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CheckpointResume.Latest, "latest", "goes on from the newest checkpoint in it")]
    [InlineData(CheckpointResume.None, "none", "begins anew (checkpoints.resume: None)")]
    public void A_claim_of_the_job_of_this_name_before_is_said_to_be_that_and_what_becomes_of_it(CheckpointResume resume, string variable,
        string said)
    {
        var scene = Scene.Of(MakeJob().With(j => j.Spec.Checkpoints.Resume = resume)).With(o =>
        {
            (o.Claim!.Metadata.Uid, o.Claim.Metadata.CreationTimestamp, o.Claim.Metadata.Annotations[Annotations.MadeFor]) =
                ("first", Clock.Start.UtcDateTime, "before");
            return o;
        });
        var first = scene.Plan();
        Assert.All(first.Pods, pod => Assert.Equal(variable, Variable(pod, "MHC_RESUME_STEP")));
        Assert.True(first.StatusFollowsPods);
        var plan = scene.WithPods(MakePods(1, 2).Select(p => p.Build())).Plan(60);
        var told = Assert.Single(plan.Events, e => e is { IsWarning: false, Reason: "KeptCheckpoints" }).Message;
        Assert.Contains("kept from the job of this name before", told, StringComparison.Ordinal);
        Assert.Contains(said, told, StringComparison.Ordinal);
        Assert.Equal(told, plan.Status!.Checkpoints!.Message);
        Assert.DoesNotContain(scene.After(plan).Plan(61).Events, e => e.Reason == "KeptCheckpoints");
    }

    [Fact]
    public void That_training_went_on_from_another_jobs_step_is_said_once()
    {
        var scene = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakeRunningGang(1, 2))
            .WithReport(new TrainerStatus { Attempt = 1, Step = 70, FirstStep = 61, TotalSteps = 100 });
        var plan = scene.Plan();
        Assert.Contains("training went on from step 60, from a checkpoint that was there before this job",
            Assert.Single(plan.Events, e => e.Reason == "KeptCheckpoints").Message, StringComparison.Ordinal);
        Assert.Equal(plan.Events.Single(e => e.Reason == "KeptCheckpoints").Message, plan.Status!.Checkpoints!.Message);
        Assert.DoesNotContain(
            scene.After(plan).WithReport(new TrainerStatus { Attempt = 1, Step = 75, FirstStep = 61, TotalSteps = 100 }).Plan(10).Events,
            e => e.Reason == "KeptCheckpoints");
    }

    [Theory]
    [InlineData(1, 0, null, "none")]
    [InlineData(1, 0, 0, "none")]
    [InlineData(1, 0, 5, "latest")]
    [InlineData(1, 59, null, "none")]
    [InlineData(1, 60, null, "latest")]
    public void A_job_that_is_to_begin_anew_does_so_until_it_has_a_step_of_its_own_or_has_run_for_long_without_a_word(int attempt,
        double runs, int? step, string next)
    {
        var scene = Scene.Of(MakeJob().With(j => j.Spec.Checkpoints.Resume = CheckpointResume.None), MakeRunning(attempt, 2))
            .WithPods(MakePod(attempt, 0).Running(), MakePod(attempt, 1).Ended(1, ""))
            .With(o => o with { Options = o.Options with { RestartsInPlace = false } });
        if (step is { } done)
        {
            scene.WithReport(new TrainerStatus { Attempt = attempt, Step = done, FirstStep = done > 0 ? 1 : null, TotalSteps = 100 });
        }

        var restarted = scene.After(scene.Plan(runs)).WithoutPods().Plan(1e5);
        Assert.Equal(attempt + 1, restarted.Status?.Attempt ?? attempt + 1);
        Assert.All(restarted.Pods, pod => Assert.Equal(next, Variable(pod, "MHC_RESUME_STEP")));
        Assert.NotEmpty(restarted.Pods);
    }

    private static string? Variable(System.Text.Json.Nodes.JsonObject pod, string name) =>
        (string?)pod["spec"]!["containers"]![0]!["env"]!.AsArray().Single(e => (string?)e!["name"] == name)!["value"];
}
