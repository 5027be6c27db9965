using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

/// <summary>Two workers, of which the first has failed as a process.</summary>
public sealed class RestartTierPolicyTests
{
    private static readonly WorkerReport Crashed = new() { Attempt = 1, ExitCode = 137, Message = "", EndedAt = Clock.Start.UtcDateTime };

    private static Scene Failed(JobBuilder? job = null, StatusBuilder? status = null, PodBuilder? second = null) =>
        Scene.Of(job ?? MakeJob(), status ?? MakeRunning(1, 2))
            .WithPods(MakePod(1, 0).Supervised(ready: false), second ?? MakePod(1, 1).Supervised()).WithReports(("demo-1-0", Crashed));

    private static StatusBuilder At(int step) =>
        MakeRunning(1, 2).With(s => s.Progress = new ProgressStatus { Step = step, TotalSteps = 1000 });

    private static bool IsInPlace(Plan plan)
    {
        Assert.Equal((2, 1), (plan.Status!.Attempt, plan.Status.Restarts));
        return plan.Status.InPlace?.PodsAttempt == 1;
    }

    [Fact]
    public void A_gang_of_which_only_a_process_has_failed_keeps_its_pods_and_waits_for_nothing_else()
    {
        var plan = Failed().Plan();

        Assert.True(IsInPlace(plan));
        Assert.Empty(plan.Delete);
        Assert.Null(plan.Status!.RestartNotBefore);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerFailed");
        plan.ShouldHave(ConditionTypes.Running, "False", "Restarting");
        plan.ShouldHave(ConditionTypes.GangScheduled, "True", "Scheduled");
        Assert.Equal("Restarting", plan.Status.Phase);
        Assert.Contains("starts again in place from the latest good checkpoint, if there is one (restart 1 of 3)",
            Assert.Single(plan.Events, e => e.Reason == "Restarting").Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, bool> Obstacles => new()
    {
        { "none", true },
        { "strategy Recreate", false },
        { "another image", false },
        { "a pod has ended", false },
        { "a pod is being deleted", false },
        { "a pod is gone", false },
        { "a pod does not run", false },
        { "a container is done", false },
        { "a node is cordoned", false },
        { "a node is gone", false },
        { "a node is not ready", false },
        { "a node is out of service", false },
        { "nothing is known of the node", true },
        { "no progress since the last", false },
        { "progress since the last", true },
    };

    [Theory]
    [MemberData(nameof(Obstacles))]
    public void It_keeps_them_only_where(string what, bool inPlace)
    {
        var node = (NodeState? state) => Failed()
            .With(
                o => o with
                {
                    Nodes = state is null ? o.Nodes
                    : new Dictionary<string, NodeState>(StringComparer.Ordinal) { ["node-1"] = state }
                });
        var scene = what switch
        {
            "strategy Recreate" => Failed(MakeJob().With(j => j.Spec.RunPolicy.RestartStrategy = RestartStrategy.Recreate)),
            "another image" => Failed(MakeJob().With(j => j.Spec.Trainer.Image = "mine:1")),
            "a pod has ended" => Failed(second: MakePod(1, 1).Ended(75, "")),
            "a pod is being deleted" => Failed(second: MakePod(1, 1).Supervised().Deleting(Clock.After(60))),
            "a pod is gone" => Failed().WithPods(MakePod(1, 0).Supervised(ready: false)),
            "a pod does not run" => Failed(second: MakePod(1, 1).Supervised().With(p => p.Status.Phase = "Pending")),
            "a container is done" => Failed(second: MakePod(1, 1).WithEndedContainer(0, "")),
            "a node is cordoned" => node(new(IsGone: false, IsCordoned: true, IsOutOfService: false, NotReadySince: null)),
            "a node is gone" => node(new(IsGone: true, IsCordoned: false, IsOutOfService: false, NotReadySince: null)),
            "a node is not ready" => node(new(IsGone: false, IsCordoned: false, IsOutOfService: false, NotReadySince: Clock.Start)),
            "a node is out of service" => node(new(IsGone: false, IsCordoned: false, IsOutOfService: true, NotReadySince: null)),
            "nothing is known of the node" => node(null),
            "no progress since the last" => Failed(status: At(40).With(s => s.InPlace = new InPlaceStatus { Restarts = 1, AtStep = 40 })),
            "progress since the last" => Failed(status: At(41).With(s => s.InPlace = new InPlaceStatus { Restarts = 1, AtStep = 40 })),
            _ => Failed(),
        };

        Assert.Equal(inPlace, IsInPlace(scene.Plan()));
    }

    [Fact]
    public void A_gang_that_hangs_gets_new_pods()
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.RunPolicy.ProgressDeadlineSeconds = 10), MakeRunning(1, 2))
            .WithPods(MakePod(1, 0).Supervised(), MakePod(1, 1).Supervised()).Plan(11);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "Hung");
        Assert.Null(plan.Status!.InPlace);
    }

    [Fact]
    public void A_process_that_lost_its_peer_is_not_taken_for_the_cause_before_the_peer_could_tell()
    {
        var lost = Crashed with { ExitCode = 75, EndedAt = Clock.After(10).UtcDateTime };
        Assert.Equal(1, Failed().WithReports(("demo-1-0", lost)).Plan(11).Status!.Attempt);
        Assert.True(IsInPlace(Failed().WithReports(("demo-1-0", lost)).Plan(15)));
    }

    [Fact]
    public void Another_container_of_its_own_pod_may_be_the_one_that_tells_why()
    {
        var lost = Crashed with { ExitCode = 75, EndedAt = Clock.After(10).UtcDateTime };
        var two = MakePod(1, 0).Supervised(ready: false).With(p => p.Spec.Containers = [p.Spec.Containers[0], p.Spec.Containers[0]]);
        var scene = Scene.Of(MakeJob().WithWorkers(1).WithDevices(2), MakeRunning(1, 1)).WithPods(two).WithReports(("demo-1-0", lost));

        Assert.Equal(1, scene.Plan(11).Status!.Attempt);
        var told = scene.With(
            o => o with
            {
                Reports = new Dictionary<string, IReadOnlyList<WorkerReport>>(
                StringComparer.Ordinal)
                { ["uid-demo-1-0"] = [lost, lost with { ExitCode = 86, Message = Verdicts.LossSpike() }] }
            })
                    .Plan(11);
        Assert.Equal(RecoveryTiers.RestartInPlace, Assert.Single(told.Status!.Rollbacks).Tier);
    }

    [Theory]
    [InlineData(78, "ConfigurationInvalid")]
    [InlineData(65, "DataUnreadable")]
    public void What_is_permanent_ends_the_job_whatever_becomes_of_the_containers(int code, string reason) =>
        Failed().WithReports(("demo-1-0", Crashed with { ExitCode = code })).Plan().ShouldHaveFailed(reason);

    [Fact]
    public void A_rollback_keeps_the_pods_too_and_its_record_says_so()
    {
        var unstable = new WorkerReport { Attempt = 1, ExitCode = 86, Message = Verdicts.LossSpike(), EndedAt = Clock.Start.UtcDateTime };

        var plan = Failed().WithReports(("demo-1-0", unstable), ("demo-1-1", unstable)).Plan();

        var record = Assert.Single(plan.Status!.Rollbacks);
        Assert.Equal((1, RecoveryTiers.RestartInPlace, 2, 0), (record.Attempt, record.Tier, plan.Status.Attempt, plan.Status.Restarts));
        Assert.Equal((1, record.DetectedStep), (plan.Status.InPlace!.PodsAttempt, plan.Status.InPlace.AtStep));
        Assert.Contains(", in place", Assert.Single(plan.Events, e => e.Reason == "RolledBack").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_said_of_an_earlier_attempt_is_no_failure_of_this_one()
    {
        var scene = Scene.Of(MakeJob(), MakeRunning(2, 2).InPlace(podsAttempt: 1, pending: false))
            .WithPods(MakePod(1, 0).Supervised(), MakePod(1, 1).Supervised()).WithReports(("demo-1-0", Crashed));
        Assert.Equal(2, (scene.Plan().Status ?? MakeRunning(2, 2).Build()).Attempt);
    }
}
