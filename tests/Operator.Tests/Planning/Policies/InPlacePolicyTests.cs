using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

/// <summary>Attempt 2 of two workers is to begin in the pods of attempt 1.</summary>
public sealed class InPlacePolicyTests
{
    private static readonly string Order = InPlaceManifest.Order(MakeJob().Build(), Status().Build(), takeOver: false);

    private static StatusBuilder Status() => MakeRunning(2, 2).InPlace(podsAttempt: 1, pending: true)
        .With(s => (s.Restarts, s.Phase) = (1, "Restarting"))
        .Condition(ConditionTypes.Running, "False", "Restarting", "the processes begin again in their pods")
        .Condition(ConditionTypes.Restarting, "True", "WorkerFailed", "pod demo-1-0 ended with 137 (Error)");

    private static Scene Restarting(params PodBuilder[] pods) => Scene.Of(MakeJob(), Status()).WithPods(pods);

    private static WorkerReport Runs(int attempt) => new() { Attempt = attempt };

    private static WorkerReport Ended(int attempt, int code = 75) =>
        new() { Attempt = attempt, ExitCode = code, Message = "", EndedAt = Clock.Start.UtcDateTime };

    private static PodBuilder Pod(int worker) => MakePod(1, worker).Supervised();

    [Fact]
    public void No_pod_is_told_to_go_on_before_the_last_process_has_ended()
    {
        var plan = Restarting(Pod(0), Pod(1)).WithReports(("demo-1-0", Ended(1)), ("demo-1-1", Runs(1))).Plan(1);
        Assert.Empty(plan.Order);
        Assert.Empty(plan.Delete);
        Assert.Null(plan.Status);
    }

    [Fact]
    public void No_pod_is_told_to_go_on_as_long_as_nothing_is_known_of_another() =>
        Assert.Empty(Restarting(Pod(0), Pod(1)).WithReports(("demo-1-0", Ended(1))).Plan(1).Order);

    [Fact]
    public void No_pod_is_told_to_go_on_as_long_as_one_of_the_containers_of_another_has_not_answered()
    {
        var two = Pod(1).With(p => p.Spec.Containers = [p.Spec.Containers[0], p.Spec.Containers[0]]);
        Assert.Empty(Restarting(Pod(0), two).WithReports(("demo-1-0", Ended(1)), ("demo-1-1", Ended(1))).Plan(1).Order);
    }

    [Fact]
    public void All_are_told_the_same_when_the_last_one_has()
    {
        var plan = Restarting(Pod(0), Pod(1)).WithReports(("demo-1-0", Ended(1)), ("demo-1-1", Ended(1))).Plan(1);
        Assert.Equal([("demo-1-0", Order), ("demo-1-1", Order)], plan.Order.Select(o => (o.Pod.Metadata.Name, o.Order)));
    }

    [Fact]
    public void Those_that_were_not_told_are_told_the_same_as_the_others_whatever_has_changed_meanwhile()
    {
        const string order = "MHC_ATTEMPT=2\nMHC_CONFIG_SHA256=other\n";
        var plan = Restarting(Pod(0).Ordered(order), Pod(1)).WithReports(("demo-1-1", Ended(1))).Plan(1);
        Assert.Equal([("demo-1-1", order)], plan.Order.Select(o => (o.Pod.Metadata.Name, o.Order)));
    }

    [Fact]
    public void Whatever_three_pods_say_none_is_told_to_go_on_while_a_process_of_the_attempt_before_may_run_and_none_twice()
    {
        (bool Ordered, WorkerReport? Report)[] states =
            [(false, null), (false, Runs(1)), (false, Ended(1)), (true, null), (true, Ended(1)), (true, Runs(2)), (true, Ended(2))];
        var orders = 0;
        foreach (var (a, b, c) in from a in states from b in states from c in states select (a, b, c))
        {
            (bool Ordered, WorkerReport? Report)[] gang = [a, b, c];
            var plan = Scene.Of(MakeJob().WithWorkers(3), Status())
                .WithPods(gang.Select((s, i) => s.Ordered ? Pod(i).Ordered(Order) : Pod(i)).ToArray())
                .WithReports([.. gang.Index().Where(s => s.Item.Report is not null).Select(s => ($"demo-1-{s.Index}", s.Item.Report!))])
                .Plan(1);

            orders += plan.Order.Count;
            Assert.All(plan.Order, o => Assert.DoesNotContain(gang, s => !s.Ordered && s.Report is not { ExitCode: not null }));
            Assert.All(
                plan.Order, o => Assert.False(
                    gang[int.Parse(o.Pod.Metadata.Name[^1..], System.Globalization.CultureInfo.InvariantCulture)].Ordered));
        }

        Assert.True(orders > 0, "nobody was ever told");
    }

    [Fact]
    public void An_order_is_given_again_every_five_seconds_to_the_pods_that_do_not_follow_it()
    {
        var scene = Restarting(Pod(0).Ordered(Order), Pod(1).Ordered(Order)).WithReports(("demo-1-0", Runs(2)), ("demo-1-1", Ended(1)));
        Assert.Empty(scene.Plan(4).Order);
        Assert.Equal(TimeSpan.FromSeconds(1), scene.Plan(4).RequeueAfter);

        Assert.Equal([("demo-1-1", Order, 1)], scene.Plan(5).Order.Select(o => (o.Pod.Metadata.Name, o.Order, o.Count)));

        scene = Restarting(Pod(0).Ordered(Order), Pod(1).Ordered(Order, count: 1))
            .WithReports(("demo-1-0", Runs(2)), ("demo-1-1", Ended(1)));
        Assert.Empty(scene.Plan(9).Order);
        Assert.Equal([("demo-1-1", Order, 2)], scene.Plan(10).Order.Select(o => (o.Pod.Metadata.Name, o.Order, o.Count)));
    }

    [Fact]
    public void An_order_that_had_to_wait_for_the_last_process_to_end_is_not_given_again_at_once()
    {
        var first = Restarting(Pod(0), Pod(1)).WithReports(("demo-1-0", Ended(1)), ("demo-1-1", Ended(1))).Plan(13).Order;
        Assert.All(first, o => Assert.Equal(2, o.Count));
        Assert.Empty(Restarting(Pod(0).Ordered(Order, count: 2), Pod(1).Ordered(Order, count: 2))
            .WithReports(("demo-1-0", Ended(1)), ("demo-1-1", Ended(1))).Plan(14).Order);
    }

    [Fact]
    public void An_order_for_an_earlier_attempt_is_none_for_this_one()
    {
        var plan = Restarting(Pod(0).Ordered("MHC_ATTEMPT=1\n"), Pod(1)).WithReports(("demo-1-0", Ended(1)), ("demo-1-1", Ended(1)))
            .Plan(1);
        Assert.Equal(2, plan.Order.Count);
    }

    [Fact]
    public void It_is_over_when_every_process_has_begun()
    {
        var scene = Restarting(Pod(0).Ordered(Order), Pod(1).Ordered(Order));
        Assert.Null(scene.WithReports(("demo-1-0", Runs(2)), ("demo-1-1", Ended(1))).Plan(2).Status);

        var plan = scene.WithReports(("demo-1-0", Runs(2)), ("demo-1-1", Runs(2))).Plan(2);

        plan.ShouldHave(ConditionTypes.Running, "True", "GangRunning");
        plan.ShouldHave(ConditionTypes.Restarting, "False", "GangRunning");
        Assert.Equal((2, 1, 1, null),
            (plan.Status!.Attempt, plan.Status.Restarts, plan.Status.InPlace!.PodsAttempt, plan.Status.InPlace.Pending));
        Assert.Empty(plan.Order);
    }

    public static TheoryData<string, int> Losses =>
        new() { { "ended", 1 }, { "deleted", 1 }, { "gone", 1 }, { "hangs", 20 }, { "late", 60 } };

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_gang_that_loses_a_pod_on_the_way_or_is_late_gets_new_pods_and_no_further_restart_is_counted(string loss, int seconds)
    {
        var scene = (loss switch
        {
            "ended" => Restarting(Pod(0), MakePod(1, 1).Ended(86, Verdicts.LossSpike())),
            "deleted" => Restarting(Pod(0), Pod(1).Deleting(Clock.After(60))),
            "gone" => Restarting(Pod(0)),
            "late" => Restarting(Pod(0).Ordered(Order), Pod(1).Ordered(Order)),
            _ => Restarting(Pod(0), Pod(1)),
        }).WithReports(("demo-1-0", Ended(1)));

        var plan = scene.Plan(seconds);

        plan.ShouldHave(ConditionTypes.Restarting, "True", "InPlaceFailed");
        Assert.Equal((3, 1, 0), (plan.Status!.Attempt, plan.Status.Restarts, plan.Status.Rollbacks.Count));
        Assert.Equal((null, null, 1), (plan.Status.InPlace!.PodsAttempt, plan.Status.InPlace.Pending, plan.Status.InPlace.Restarts));
        Assert.Contains("demo-1-0", plan.DeletedNames());
        Assert.Empty(plan.Order);
        Assert.Equal(["demo-3-0", "demo-3-1"], scene.After(plan).WithoutPods().Plan(seconds + 1).PodNames());
    }

    [Fact]
    public void Before_its_time_is_over_it_is_waited_for()
    {
        Assert.Equal(TimeSpan.FromSeconds(1), Restarting(Pod(0), Pod(1)).WithReports(("demo-1-0", Ended(1))).Plan(19).RequeueAfter);
        Assert.Equal(TimeSpan.FromSeconds(1),
            Restarting(Pod(0).Ordered(Order), Pod(1)).WithReports(("demo-1-0", Ended(1))).Plan(59).RequeueAfter);
    }

    [Fact]
    public void A_process_that_fails_again_at_once_is_a_failure_of_its_own_once_all_have_begun_and_gets_new_pods()
    {
        var scene = Restarting(Pod(0).Ordered(Order), Pod(1).Ordered(Order));
        Assert.Equal(
            2, (scene.WithReports(("demo-1-0", Ended(2, 137)), ("demo-1-1", Ended(1))).Plan(2).Status ?? Status().Build()).Attempt);

        var plan = scene.WithReports(("demo-1-0", Ended(2, 137)), ("demo-1-1", Runs(2))).Plan(2);

        Assert.Equal((3, 2), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.Null(plan.Status.InPlace!.PodsAttempt);
    }

    [Fact]
    public void A_process_that_finds_its_configuration_wrong_ends_the_job_without_new_pods() =>
        Restarting(Pod(0).Ordered(Order), MakePod(1, 1).Ordered(Order).Ended(78, "")).WithReports(("demo-1-0", Runs(2))).Plan(2)
            .ShouldHaveFailed("ConfigurationInvalid");

    [Fact]
    public void The_jobs_deadline_holds_meanwhile() =>
        Scene.Of(MakeJob().With(j => j.Spec.RunPolicy.ActiveDeadlineSeconds = 5), Status()).WithPods(Pod(0), Pod(1)).Plan(6)
            .ShouldHaveFailed("DeadlineExceeded");

    [Fact]
    public void A_job_that_is_suspended_meanwhile_gives_its_pods_back_and_keeps_no_verdict_twice()
    {
        var scene = Scene.Of(MakeJob().Suspended(), Status().Rollback(1, 50, 40))
            .WithPods(Pod(0), MakePod(1, 1).Ended(86, Verdicts.LossSpike()));

        var plan = scene.Plan(1);

        Assert.Equal(["demo-1-0", "demo-1-1"], plan.DeletedNames());
        Assert.Single(plan.Status!.Rollbacks);
        Assert.Null(scene.After(plan).Plan(2).Status);
        var resumed = Scene.Of(MakeJob(),
            MakeStatus().With(s => s.Attempt = 2).InPlace(1, pending: true).Condition(ConditionTypes.Suspended, "True", "Suspended"))
                .Plan(60);
        Assert.Equal((3, null, null), (resumed.Status!.Attempt, resumed.Status.InPlace!.PodsAttempt, resumed.Status.InPlace.Pending));
        Assert.Equal(["demo-3-0", "demo-3-1"], resumed.PodNames());
    }

    [Fact]
    public void A_gang_that_goes_on_in_its_pods_is_left_alone()
    {
        var scene = Scene.Of(MakeJob(), MakeRunning(4, 2).InPlace(podsAttempt: 1, pending: false))
            .WithPods(Pod(0).Ordered("MHC_ATTEMPT=4\n"), Pod(1).Ordered("MHC_ATTEMPT=4\n"));
        scene.After(scene.Plan()).Plan(60).ShouldCostNothing();
    }

    [Fact]
    public void Its_pods_are_known_by_the_attempt_that_they_were_made_for_when_one_is_lost_later()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(4, 2).InPlace(podsAttempt: 1, pending: false)).WithPods(Pod(0)).Plan(60);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerLost");
        Assert.Contains("demo-1-1 is gone", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
        Assert.Equal(5, plan.Status!.Attempt);
        Assert.Equal(["demo-1-0"], plan.DeletedNames());
    }

    [Fact]
    public void When_the_job_is_over_a_pod_whose_process_has_ended_is_given_the_time_to_end_by_itself()
    {
        var scene = Scene.Of(MakeJob().WithRestarts(0), MakeRunning(1, 2)).WithPods(Pod(0).Supervised(ready: false), Pod(1))
            .WithReports(("demo-1-0", Ended(1, 137)));

        var plan = scene.Plan();

        plan.ShouldHaveFailed("WorkerFailed");
        Assert.Equal(["demo-1-1"], plan.DeletedNames());
        Assert.Equal(["demo-1-1"], scene.After(plan).WithReports().Plan(10).DeletedNames());
        Assert.Equal(["demo-1-0", "demo-1-1"], scene.After(plan).WithReports().Plan(25).DeletedNames());
    }
}
