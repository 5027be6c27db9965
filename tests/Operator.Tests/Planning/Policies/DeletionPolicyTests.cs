using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class DeletionPolicyTests
{
    private static Scene Deleted(params string[] finalizers) => Scene
        .Of(MakeJob().With(j => (j.Metadata.DeletionTimestamp, j.Metadata.Finalizers) = (Clock.Start.UtcDateTime, finalizers)),
            MakeRunning(1, 2))
        .WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Succeeded());

    [Theory]
    [InlineData("example.com/audit")]
    [InlineData("foregroundDeletion", "example.com/audit")]
    public void A_gang_whose_deleted_job_is_held_by_somebody_is_stopped_at_once_and_the_job_says_who_holds_it(params string[] finalizers)
    {
        var scene = Deleted(finalizers);
        var plan = scene.Plan(1e6);
        Assert.Equal(["demo-1-0"], plan.DeletedNames());
        plan.ShouldHave(ConditionTypes.Running, "False", "Deleting");
        Assert.Contains("until example.com/audit is taken from its metadata.finalizers", plan.Condition(ConditionTypes.Running).Message,
            StringComparison.Ordinal);
        Assert.Equal(["Deleting"], plan.EventReasons());
        Assert.Equal(("Deleting", "Deleting"), (plan.Status!.Phase, plan.Status.Reason));
        Assert.Empty(scene.After(plan).WithPods(MakePod(1, 0).Running().Deleting(Clock.After(1e6)), MakePod(1, 1).Succeeded())
            .Plan(1e6 + 1).Events);
    }

    [Theory]
    [InlineData]
    [InlineData("foregroundDeletion")]
    [InlineData("orphan")]
    [InlineData("orphan", "example.com/audit")]
    public void Otherwise_its_pods_are_left_to_the_garbage_collector_or_to_whoever_wants_to_keep_them(params string[] finalizers) =>
        Deleted(finalizers).Plan(1e6).ShouldCostNothing();

    [Fact]
    public void A_finished_job_keeps_what_it_has_kept() => Scene
        .Of(MakeJob().With(j => (j.Metadata.DeletionTimestamp, j.Metadata.Finalizers) = (Clock.Start.UtcDateTime, ["example.com/audit"])),
            MakeRunning(1, 2).Condition(ConditionTypes.Failed, "True", "WorkerFailed"))
        .WithPods(MakePod(1, 0).Ended(1, "")).Plan().ShouldCostNothing();
}
