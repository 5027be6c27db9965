using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class SchedulingTimeoutPolicyTests
{
    private static Scene Half() =>
        Scene.Of(MakeJob().With(j => j.Spec.Scheduling.TimeoutSeconds = 300), MakeStatus().With(s => s.Attempt = 1))
        .WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Unschedulable("0/3 nodes are available: 3 Insufficient nvidia.com/gpu."));

    [Fact]
    public void A_gang_that_is_only_partly_scheduled_gives_its_places_back()
    {
        var plan = Half().Plan(300);
        Assert.Equal((2, 0), (plan.Status!.Attempt, plan.Status.Restarts));
        plan.ShouldHave(ConditionTypes.Restarting, "True", "SchedulingTimeout");
        Assert.Contains("demo-1-1", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
        Assert.Equal(["demo-1-0", "demo-1-1"], plan.DeletedNames());
        Assert.NotNull(plan.Status.RestartNotBefore);
    }

    [Fact]
    public void It_has_its_time_before()
    {
        var plan = Half().Plan(100);
        Assert.Equal(1, plan.Status!.Attempt);
        Assert.Equal(TimeSpan.FromSeconds(200), plan.RequeueAfter);
    }

    [Fact]
    public void A_gang_of_which_no_pod_has_a_node_holds_nothing_and_waits()
    {
        var plan = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 0), MakePod(1, 1)).Plan(1e6);
        Assert.Equal(1, plan.Status!.Attempt);
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void It_costs_no_restart_even_where_none_is_allowed()
    {
        var plan = Scene.Of(MakeJob().WithRestarts(0), MakeStatus().With(s => s.Attempt = 1))
            .WithPods(MakePod(1, 0).Running(), MakePod(1, 1)).Plan(301);
        Assert.DoesNotContain(plan.Status!.Conditions, c => c.Type == ConditionTypes.Failed);
        Assert.Equal(2, plan.Status.Attempt);
    }

    [Fact]
    public void The_time_counts_from_the_first_place_and_not_from_the_wait_for_the_queue()
    {
        var scene = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1))
            .WithPods(MakePod(1, 0).PlacedAt(Clock.After(3600)), MakePod(1, 1));
        Assert.Equal(1, scene.Plan(3800).Status!.Attempt);
        Assert.Equal(2, scene.Plan(3900).Status!.Attempt);
    }

    [Fact]
    public void While_a_pod_waits_for_its_queue_no_time_counts()
    {
        var scene = Scene.Of(MakeJob().With(j => j.Spec.Scheduling.Queue = "team-a"), MakeStatus().With(s => s.Attempt = 1))
            .WithPods(MakePod(1, 0).PlacedAt(Clock.Start), MakePod(1, 1).Gated());
        var plan = scene.Plan(1e5);
        Assert.Equal(1, plan.Status!.Attempt);
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "AwaitingAdmission");
        Assert.Contains("queue team-a", plan.Condition(ConditionTypes.GangScheduled).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gang_that_cannot_get_an_image_gives_its_places_back_and_takes_no_restart()
    {
        var scene = Scene.Of(MakeJob().WithRestarts(0), MakeStatus().With(s => s.Attempt = 1))
            .WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Waiting("ImagePullBackOff", "no such image"));
        var before = scene.Plan(299);
        Assert.Equal(1, before.Status!.Attempt);
        before.ShouldHave(ConditionTypes.Running, "False", "ImagePullBackOff");
        var plan = scene.Plan(300);
        Assert.Equal((2, 0), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.Contains(
            "pod demo-1-1 did not run within 300 seconds (scheduling.timeoutSeconds): container trainer waits (ImagePullBackOff): no such image", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<V1Pod>, string> Reasons() => new()
    {
        { "a container that waits with any word", p => p.Status.ContainerStatuses = [Waiting("trainer", "WhateverComesNext", "no luck")],
            "container trainer waits (WhateverComesNext): no luck" },
        { "a volume that is not mounted", p => p.Status.ContainerStatuses = [Waiting("trainer", "ContainerCreating")],
            "container trainer waits (ContainerCreating)" },
        { "an init container that never ends", p => p.Status.InitContainerStatuses = [InitRunning("fetch")],
            "init container fetch has not ended" },
        { "an init container that begins again and again",
            p => p.Status.InitContainerStatuses = [Waiting("fetch", "CrashLoopBackOff", "back-off 40s")],
            "init container fetch waits (CrashLoopBackOff): back-off 40s" },
        { "one beside the others that runs, before one that never ends",
            p => p.Status.InitContainerStatuses = [InitRunning("mesh"), InitRunning("fetch")], "init container fetch has not ended" },
        { "a kubelet that says nothing", _ => { }, "node node-1 has not said anything of it" },
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public void A_gang_that_holds_nodes_and_does_not_run_in_time_gives_them_back_whatever_the_reason(string what, Action<V1Pod> state,
        string said)
    {
        var scene = Scene.Of(MakeJob().WithRestarts(0), MakeStatus().With(s => s.Attempt = 1))
            .WithPods(MakePod(1, 0).Running(), MakePod(1, 1).PlacedAt(Clock.Start).With(state));
        Assert.Equal(1, (scene.Plan(299).Status ?? MakeStatus().With(s => s.Attempt = 1).Build()).Attempt);
        var plan = scene.Plan(300);
        Assert.True((plan.Status!.Attempt, plan.Status.Restarts) == (2, 0), what);
        Assert.Contains($"pod demo-1-1 did not run within 300 seconds (scheduling.timeoutSeconds): {said}",
            plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
        Assert.Equal(["demo-1-0", "demo-1-1"], plan.DeletedNames());
    }

    [Fact]
    public void The_newest_warning_about_the_pod_is_told_at_once_and_when_the_nodes_are_given_back()
    {
        var warning = new ClusterEvent(IsWarning: true, "FailedMount", "configmap \"corpus\" not found");
        var scene = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1))
            .WithPods(MakePod(1, 0).PlacedAt(Clock.Start), MakePod(1, 1).PlacedAt(Clock.Start).Waiting("ContainerCreating", ""))
            .With(o => o with { Warnings = new Dictionary<string, ClusterEvent>(StringComparer.Ordinal) { ["uid-demo-1-1"] = warning } });
        var early = scene.Plan(10);
        early.ShouldHave(ConditionTypes.Running, "False", "FailedMount");
        Assert.Equal("pod demo-1-1: container trainer waits (ContainerCreating); FailedMount: configmap \"corpus\" not found",
            early.Condition(ConditionTypes.Running).Message);
        Assert.True(early.Events.Single(e => e.Reason == "FailedMount").IsWarning);
        scene.After(early).Plan(20).ShouldCostNothing();
        Assert.Contains("configmap \"corpus\" not found", scene.Plan(300).Condition(ConditionTypes.Restarting).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_pod_that_could_not_be_made_keeps_the_others_from_their_nodes_no_longer_than_the_timeout()
    {
        var scene = Scene.Of(MakeJob().WithWorkers(3), MakeStatus().With(s => s.Attempt = 1))
            .WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Running())
            .With(
                o => o with
                {
                    Refusals = [new("Pod", "demo-1-2", System.Net.HttpStatusCode.Forbidden, "exceeded quota: two-pods", 1,
                    Clock.After(290))]
                });
        Assert.Equal(1, scene.Plan(299).Status!.Attempt);
        var plan = scene.Plan(300);
        Assert.Equal((2, 0), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.Contains("pod demo-1-2 did not run within 300 seconds (scheduling.timeoutSeconds): it was refused: exceeded quota: two-pods",
            plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trainer", false)]
    [InlineData("mesh", true)]
    public void A_container_that_is_started_again_after_the_gang_has_run_is_not_meant(string container, bool neverStarted)
    {
        var again = Waiting(container, "CrashLoopBackOff");
        again.LastState = neverStarted ? null : new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = 1 } };
        var scene = Scene.Of(MakeJob(), MakeRunning(1, 2))
            .WithPods(MakePod(1, 0).Running(),
                MakePod(1, 1).Running().With(
                    p => p.Status.ContainerStatuses = [again, .. p.Status.ContainerStatuses.Skip(neverStarted ? 0 : 1)]));
        Assert.Equal(1, (scene.Plan(1e5).Status ?? MakeRunning(1, 2).Build()).Attempt);
    }

    [Fact]
    public void Two_gangs_that_hold_half_of_each_others_nodes_come_back_apart_and_each_later_from_time_to_time()
    {
        static double Wait(string uid, int failed)
        {
            var status = MakeStatus().With(s => (s.Attempt, s.FailedStarts) = (5, failed))
                .Condition(ConditionTypes.Restarting, "True", "SchedulingTimeout");
            var scene = Scene.Of(MakeJob().WithBackoff(10, 600).With(j => j.Metadata.Uid = uid), status)
                .WithPods(MakePod(5, 0).OwnedBy(uid).PlacedAt(Clock.After(1)).Running(), MakePod(5, 1).OwnedBy(uid));
            return (scene.Plan(301).Status!.RestartNotBefore!.Value - Clock.After(301).UtcDateTime).TotalSeconds;
        }

        var early = Enumerable.Range(0, 20).Select(i => Wait($"uid-{i}", 0)).ToList();
        Assert.True(early.Max() - early.Min() > 20, string.Join(' ', early));
        Assert.All(early, wait => Assert.InRange(wait, 10, 10 * 1.2 + 30));
        Assert.InRange(Wait("uid-0", 4), 160, 160 * 1.2 + 30);
        Assert.InRange(Wait("uid-0", 50), 600, 600 * 1.2 + 30);
    }

    /// <summary>As after any other attempt that was given up before all of its pods ran.</summary>
    [Fact]
    public void It_waits_as_long_as_any_other_attempt_that_has_not_run()
    {
        static DateTime? Again(params PodBuilder[] pods) =>
            Scene.Of(MakeJob().WithBackoff(10, 600),
                MakeStatus().With(s => (s.Attempt, s.FailedStarts) = (1, 3)).Condition(ConditionTypes.Restarting, "True",
                    "SchedulingTimeout")).WithPods(pods).Plan(300).Status!.RestartNotBefore;

        var image = Again(MakePod(1, 0).Running(), MakePod(1, 1).Waiting("ImagePullBackOff", "no such image"));
        Assert.NotNull(image);
        Assert.Equal(Again(MakePod(1, 0).Running(), MakePod(1, 1).Ended(137, "")), image);
    }

    private static V1ContainerStatus Waiting(string container, string reason, string message = "") => new()
    {
        Name = container,
        State = new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = reason, Message = message } },
    };

    private static V1ContainerStatus InitRunning(string container) =>
        new() { Name = container, State = new V1ContainerState { Running = new V1ContainerStateRunning() } };
}
