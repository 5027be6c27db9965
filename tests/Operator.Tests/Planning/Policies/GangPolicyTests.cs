using MhcOperator.Api;
using MhcOperator.Operator.Planning;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class GangPolicyTests
{
    private static StatusBuilder Restarting(double? notBefore = null) => MakeStatus()
        .With(s =>
        {
            s.Attempt = 2;
            s.Restarts = 1;
            s.RestartNotBefore = notBefore is { } at ? Clock.After(at).UtcDateTime : null;
        })
        .Condition(ConditionTypes.Restarting, "True", "WorkerFailed");

    [Fact]
    public void Three_of_four_old_pods_gone_are_not_enough_for_a_new_one()
    {
        var plan = Scene.Of(MakeJob().WithWorkers(4), Restarting()).WithPods(MakePod(1, 3).Running().Deleting(Clock.After(60))).Plan();
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void All_new_pods_are_made_together_when_the_last_old_one_is_gone()
    {
        var plan = Scene.Of(MakeJob().WithWorkers(4), Restarting()).Plan();
        Assert.Equal(["demo-2-0", "demo-2-1", "demo-2-2", "demo-2-3"], plan.PodNames());
    }

    [Fact]
    public void An_old_pod_whose_processes_have_ended_can_write_nothing_and_is_not_waited_for()
    {
        var plan = Scene.Of(MakeJob(), Restarting()).WithPods(MakePod(1, 0).Ended(137, "")).Plan();
        Assert.Equal(["demo-1-0"], plan.DeletedNames());
        Assert.Equal(2, plan.Pods.Count);
    }

    [Fact]
    public void A_pod_that_does_not_end_is_named_and_not_deleted_by_force_while_its_node_may_run_it()
    {
        var scene = Scene.Of(MakeJob(), Restarting()).WithPods(MakePod(1, 0).Running().Deleting(Clock.After(60)));
        Assert.Equal(TimeSpan.FromSeconds(120), scene.Plan().RequeueAfter);

        var plan = scene.Plan(121);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "TerminationTimeout");
        Assert.Contains("demo-1-0 on node node-1", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Delete);
        Assert.Equal(["TerminationTimeout"], plan.EventReasons());
        scene.After(plan).Plan(1000).ShouldCostNothing();
    }

    [Fact]
    public void The_back_off_is_waited_for()
    {
        var plan = Scene.Of(MakeJob(), Restarting(notBefore: 30)).Plan(10);
        Assert.Empty(plan.Pods);
        Assert.Equal(TimeSpan.FromSeconds(20), plan.RequeueAfter);
        Assert.Equal(2, Scene.Of(MakeJob(), Restarting(notBefore: 30)).Plan(30).Pods.Count);
    }

    [Fact]
    public void Only_the_workers_that_are_missing_are_made()
    {
        var plan = Scene.Of(MakeJob().WithWorkers(3), Restarting()).WithPods(MakePod(2, 1)).Plan();
        Assert.Equal(["demo-2-0", "demo-2-2"], plan.PodNames());
    }

    [Fact]
    public void A_same_named_pod_of_somebody_else_is_left_alone_and_the_job_says_so()
    {
        var scene = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 1).OwnedBy("another-uid").Running());

        var plan = scene.Plan();

        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");
        Assert.Contains("Pod demo-1-1", plan.Condition(ConditionTypes.GangScheduled).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Delete);
        Assert.Empty(plan.Pods);
        Assert.Equal(["NameConflict"], plan.EventReasons());
        Assert.Equal(TimeSpan.FromSeconds(30), plan.RequeueAfter);
        scene.After(plan).Plan(30).ShouldCostNothing();
        Assert.Equal(2, scene.WithoutPods().Plan(60).Pods.Count);
    }

    [Fact]
    public void A_foreign_pod_under_another_name_does_not_matter() =>
        Assert.Equal(2, Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(7, 0).OwnedBy("another-uid").Running()).Plan().Pods.Count);

    public static TheoryData<string, bool> Nodes => new()
    {
        { "gone", true },
        { "not ready, out of service", true },
        { "not ready, out of service, but only just", false },
        { "not ready", false },
        { "out of service, but ready", false },
        { "cordoned", false },
    };

    [Theory]
    [MemberData(nameof(Nodes))]
    public void An_overdue_pod_is_deleted_by_force_only_where_it_can_no_longer_run(string node, bool force)
    {
        var state = node switch
        {
            "gone" => new NodeState(IsGone: true, IsCordoned: false, IsOutOfService: false, NotReadySince: null),
            "not ready, out of service" => new NodeState(IsGone: false, IsCordoned: true, IsOutOfService: true, Clock.Start),
            "not ready, out of service, but only just" => new NodeState(IsGone: false, IsCordoned: true, IsOutOfService: true, Clock.After(100)),
            "not ready" => new NodeState(IsGone: false, IsCordoned: true, IsOutOfService: false, Clock.Start),
            "out of service, but ready" => new NodeState(IsGone: false, IsCordoned: false, IsOutOfService: true, NotReadySince: null),
            _ => new NodeState(IsGone: false, IsCordoned: true, IsOutOfService: false, NotReadySince: null),
        };
        var scene = Scene.Of(MakeJob(), Restarting()).WithPods(MakePod(1, 0).Running().Deleting(Clock.After(60)))
            .With(o => o with { Nodes = new Dictionary<string, NodeState>(StringComparer.Ordinal) { ["node-1"] = state } });
        Assert.Empty(scene.Plan(119).Delete);
        var deletions = scene.Plan(121).Delete;
        Assert.Equal(force ? [0] : Array.Empty<int?>(), deletions.Select(d => d.GraceSeconds));
        Assert.Empty(scene.Plan(121).Pods);
    }

    [Fact]
    public void Only_nodes_that_matter_are_asked_for()
    {
        Observed? observed = null;
        Scene.Of(MakeJob(), Restarting())
            .WithPods(MakePod(1, 0).Running().Deleting(Clock.After(60)), MakePod(2, 0).Running(), MakePod(2, 1).Running().With(p => p.Spec.NodeName = "node-2").Deleting(Clock.After(60)))
            .With(o => observed = o);
        Assert.Equal(["node-2"], NodeQuestions.Of(observed!, Clock.Start));
        Assert.Equal(["node-2", "node-1"], NodeQuestions.Of(observed!, Clock.After(121)));
    }
}
