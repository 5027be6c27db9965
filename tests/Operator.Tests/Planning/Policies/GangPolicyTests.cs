using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
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
        var scene = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 1).OfSomebodyElse().Running());

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
        Assert.Equal(
            2, Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(7, 0).OfSomebodyElse()
                .With(p => p.Metadata.Name = "debug").Running()).Plan().Pods.Count);

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
            "not ready, out of service, but only just" =>
                new NodeState(IsGone: false, IsCordoned: true, IsOutOfService: true, Clock.After(100)),
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
    public void Beside_a_pod_on_a_node_that_is_not_heard_of_the_new_gang_is_made_to_claim_the_folder_and_wait_for_its_lease()
    {
        var scene = Unreachable(Clock.After(0));
        var plan = scene.Plan(121);

        Assert.Equal(["demo-2-0", "demo-2-1"], plan.PodNames());
        Assert.All(plan.Pods, p => Assert.Equal("true", TakeOver(p)));
        Assert.Empty(plan.Delete);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "TerminationTimeout");
        Assert.Contains("demo-1-0 on node node-1", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
        Assert.Equal(["TerminationTimeout"], plan.EventReasons());
        Assert.All(Scene.Of(MakeJob(), Restarting()).Plan(121).Pods, p => Assert.Equal("false", TakeOver(p)));
    }

    [Theory]
    [InlineData("another image")]
    [InlineData("a command")]
    [InlineData("another image from now on")]
    [InlineData("another image from now on, by the template")]
    [InlineData("a volume of one node")]
    [InlineData("a second pod that is only slow")]
    [InlineData("not overdue yet")]
    [InlineData("not heard of for too short a time")]
    public void No_gang_is_made_beside_a_pod_that_may_write_for_ever(string why)
    {
        var scene = Unreachable(Clock.After(why == "not heard of for too short a time" ? 62 : 0), why switch
        {
            "another image" => p => p.Spec.Containers[0].Image = "other",
            "a command" => p => p.Spec.Containers[0].Command = ["python"],
            "not overdue yet" => p => p.Metadata.DeletionTimestamp = Clock.After(62).UtcDateTime,
            _ => _ => { }
            ,
        }, why switch
        {
            "another image from now on" => j => j.Spec.Trainer.Image = "other",
            "another image from now on, by the template" => j =>
                j.Spec.Workers.Template = (JsonObject)JsonNode.Parse("""{"spec":{"containers":[{"name":"trainer","image":"other"}]}}""")!,
            "a volume of one node" =>
                j => j.Spec.Checkpoints = new CheckpointsSpec { Volume = new CheckpointVolume { AccessModes = ["ReadWriteOnce"] } },
            _ => _ => { }
            ,
        });
        if (why == "a second pod that is only slow")
        {
            scene = scene.WithPods(Old(0), Old(1).With(p => p.Spec.NodeName = "node-2"));
        }

        var plan = scene.Plan(121);
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void A_pod_on_a_node_that_is_not_heard_of_is_deleted_by_force_once_the_new_gang_has_the_folder()
    {
        var scene = Unreachable(Clock.Start, status: Restarting().Condition(ConditionTypes.Running, "True", "GangRunning"))
            .WithPods([Old(0), .. MakePods(2, 2).Select(p => p.Running())]);

        var waiting = scene.WithReport(new TrainerStatus { Attempt = 2 }).Plan(150);
        Assert.Empty(waiting.Delete);
        waiting.ShouldHave(ConditionTypes.Restarting, "True", "TerminationTimeout");
        scene.After(waiting).Plan(160).ShouldCostNothing();

        var plan = scene.WithReport(new TrainerStatus { Attempt = 2, OwnsFolder = true }).Plan(200);
        Assert.Equal(("demo-1-0", 0), (Assert.Single(plan.Delete).Pod.Metadata.Name, plan.Delete[0].GraceSeconds));
        Assert.Contains("attempt 2 has the folder", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
        Assert.Contains("DeletedByForce", plan.EventReasons());
        Assert.Empty(plan.Pods);

        scene.After(plan).WithPods([.. MakePods(2, 2).Select(p => p.Running())]).Plan(201)
            .ShouldHave(ConditionTypes.Restarting, "False", "GangRunning");
    }

    // Every combination of what a plan can know about one old pod, held against the sentence in docs/lifecycle.md.
    [Fact]
    public void Whatever_is_known_no_pod_goes_by_force_that_may_write_and_no_gang_begins_unwarned_beside_one_that_has_not_ended()
    {
        foreach (var (overdue, gone, silent, tainted, ours, report) in
            from overdue in Both
            from gone in Both
            from silent in Both
            from tainted in Both
            from ours in Both
            from report in (TrainerStatus?[])[null, new() { Attempt = 1, OwnsFolder = true }, new() { Attempt = 2 },
            new() { Attempt = 2, OwnsFolder = true }]
            select (overdue, gone, silent, tainted, ours, report))
        {
            var state = new NodeState(gone, IsCordoned: false, tainted, silent && !gone ? Clock.Start : null);
            var scene = Scene.Of(MakeJob(), Restarting())
                .WithPods(Old(0).With(p => p.Spec.Containers[0].Image = ours ? "mhc-trainer" : "other"))
                .With(o => o with { Nodes = new Dictionary<string, NodeState>(StringComparer.Ordinal) { ["node-1"] = state } });
            var plan = (report is null ? scene : scene.WithReport(report)).Plan(overdue ? 121 : 119);

            var mayGo = overdue && (gone || (silent && (tainted || report is { Attempt: 2, OwnsFolder: true })));
            var mayBegin = overdue && !gone && silent && ours;
            Assert.Equal(mayGo ? 1 : 0, plan.Delete.Count(d => d.GraceSeconds == 0));
            Assert.Equal(mayBegin ? 2 : 0, plan.Pods.Count);
            Assert.All(plan.Pods, p => Assert.Equal("true", TakeOver(p)));
        }
    }

    [Fact]
    public void Only_nodes_that_matter_are_asked_for()
    {
        Observed? observed = null;
        Scene.Of(MakeJob(), Restarting())
            .WithPods(MakePod(1, 0).Running().Deleting(Clock.After(60)), MakePod(2, 0).Running(),
                MakePod(2, 1).Running().With(p => p.Spec.NodeName = "node-2").Deleting(Clock.After(60)))
            .With(o => observed = o);
        Assert.Equal(["node-2"], NodeQuestions.Of(observed!, Clock.Start));
        Assert.Equal(["node-2", "node-1"], NodeQuestions.Of(observed!, Clock.After(121)));
    }

    [Fact]
    public void The_node_of_a_pod_that_goes_before_the_first_status_is_asked_for_too()
    {
        Observed? observed = null;
        Scene.Of(MakeJob()).WithPods(MakePod(1, 0).Running().Deleting(Clock.After(60)), MakePod(1, 1)).With(o => observed = o);
        Assert.Equal(["node-1"], NodeQuestions.Of(observed!, Clock.Start));
    }

    private static readonly bool[] Both = [false, true];

    private static string? TakeOver(JsonObject pod) =>
        (string?)pod["spec"]!["containers"]![0]!["env"]!.AsArray().Single(e => (string?)e!["name"] == "MHC_TAKE_OVER")!["value"];

    private static PodBuilder Old(int worker) =>
        MakePod(1, worker).Running().With(p => p.Spec.Containers[0].Image = "mhc-trainer").Deleting(Clock.After(60));

    /// <summary>One old pod of our trainer on a node that is not heard of.</summary>
    private static Scene Unreachable(DateTimeOffset since, Action<k8s.Models.V1Pod>? pod = null, Action<MhcTrainingJob>? job = null,
        StatusBuilder? status = null) =>
        Scene.Of(MakeJob().With(job ?? (_ => { })), status ?? Restarting()).WithPods(Old(0).With(pod ?? (_ => { })))
            .With(
                o => o with
                {
                    Nodes = new Dictionary<string, NodeState>(
                    StringComparer.Ordinal)
                    { ["node-1"] = new(IsGone: false, IsCordoned: false, IsOutOfService: false, since) }
                });
}
