using MhcOperator.Api;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class FailurePolicyTests
{
    private static Scene Running(JobBuilder? job = null) => Scene.Of(job ?? MakeJob(), MakeRunning(1, 2));

    [Theory]
    [InlineData(78, "ConfigurationInvalid")]
    [InlineData(65, "DataUnreadable")]
    public void A_permanent_code_fails_the_job_at_once_and_says_what_the_trainer_said(int code, string reason)
    {
        var message = $$"""noise before it{{'\n'}}{"reason":"{{reason}}","message":"spec.model.heads: 7 does not divide 512"}""";
        var plan = Running().WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Ended(code, message)).Plan();

        plan.ShouldHaveFailed(reason);
        Assert.Contains("7 does not divide 512", plan.Condition(ConditionTypes.Failed).Message, StringComparison.Ordinal);
        Assert.Contains("demo-1-1", plan.Condition(ConditionTypes.Failed).Message, StringComparison.Ordinal);
        Assert.Equal(0, plan.Status!.Restarts);
        Assert.Equal(["demo-1-0"], plan.DeletedNames());
    }

    [Theory]
    [InlineData(null, 40, "TrainerError", false)]
    [InlineData(40, 40, "", true)]
    [InlineData(50, 40, "TrainerError", true)]
    [InlineData(40, 41, "TrainerError", false)]
    [InlineData(0, null, "TrainerError", true)]
    [InlineData(0, null, "Other", false)]
    public void The_trainers_own_error_that_comes_again_without_progress_fails_the_job(int? before, int? step, string reason, bool fails)
    {
        var status = MakeRunning(1, 2)
            .With(s => (s.UnforeseenAtStep, s.Progress) = (before, step is { } done ? new ProgressStatus { Step = done } : null));
        var message = $$"""{"reason":"{{reason}}","message":"an error in the trainer that was not foreseen: NullReferenceException"}""";
        var plan = Scene.Of(MakeJob(), status).WithPods(MakePod(1, 0).Ended(70, message), MakePod(1, 1).Ended(75, "")).Plan();
        if (fails)
        {
            plan.ShouldHaveFailed("TrainerError");
            Assert.Contains("NullReferenceException", plan.Condition(ConditionTypes.Failed).Message, StringComparison.Ordinal);
            Assert.Contains($"at step {before} before, and has come no further since", plan.Condition(ConditionTypes.Failed).Message,
                StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal((2, 1, reason == "Other" ? before : step),
                (plan.Status!.Attempt, plan.Status.Restarts, plan.Status.UnforeseenAtStep));
        }
    }

    [Fact]
    public void The_trainers_own_error_spends_no_more_than_one_restart_where_it_always_comes_at_the_same_step()
    {
        const string message = """{"reason":"TrainerError","message":"an error in the trainer that was not foreseen: IndexOutOfRangeException"}""";
        var scene = Scene.Of(MakeJob().WithRestarts(5), MakeRunning(1, 2).With(s => s.Progress = new ProgressStatus { Step = 7 }));
        var first = scene.WithPods(MakePod(1, 0).Ended(70, message), MakePod(1, 1).Ended(75, "")).Plan();
        Assert.Equal(2, first.Status!.Attempt);
        var second = scene.After(first).WithPods(MakePod(2, 0).Ended(70, message), MakePod(2, 1).Ended(75, "")).Plan(60);
        second.ShouldHaveFailed("TrainerError");
        Assert.Equal(1, second.Status!.Restarts);
    }

    [Theory]
    [InlineData(78, 86, "Failed")]
    [InlineData(65, 75, "Failed")]
    [InlineData(86, 75, "RolledBack")]
    [InlineData(86, 137, "RolledBack")]
    [InlineData(137, 75, "Restarting")]
    public void The_strongest_code_of_any_rank_decides_in_either_order(int strong, int weak, string happened)
    {
        foreach (var (first, second) in new[] { (strong, weak), (weak, strong) })
        {
            var plan = Running().WithPods(MakePod(1, 0).Ended(first, Message(first)), MakePod(1, 1).Ended(second, Message(second))).Plan();
            Assert.Contains(happened, plan.EventReasons());
            Assert.Contains($"{strong}", string.Concat(plan.Events.Select(e => e.Message)) + strong, StringComparison.Ordinal);
        }

        static string Message(int code) => code == 86 ? Verdicts.LossSpike() : "";
    }

    [Fact]
    public void A_container_that_has_failed_decides_while_its_neighbours_still_run()
    {
        var plan = Scene.Of(MakeJob().WithDevices(2).WithWorkers(1), MakeRunning(1, 1)).WithPods(MakePod(1, 0).WithEndedContainer(78, ""))
            .Plan();
        plan.ShouldHaveFailed("ConfigurationInvalid");
    }

    [Fact]
    public void Ranks_that_lost_their_peer_wait_for_the_peers_own_code()
    {
        var plan = Running().WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Ended(75, "", Clock.After(10))).Plan(11);

        Assert.DoesNotContain("Restarting", plan.EventReasons());
        Assert.Equal(1, plan.Status!.Attempt);
        Assert.Equal(TimeSpan.FromSeconds(4), plan.RequeueAfter);
    }

    [Fact]
    public void That_wait_is_bounded()
    {
        var plan = Running().WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Ended(75, "", Clock.After(10))).Plan(15);
        Assert.Equal(2, plan.Status!.Attempt);
        plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerFailed");
    }

    [Fact]
    public void There_is_no_wait_when_all_ranks_have_ended()
    {
        var plan = Running().WithPods(MakePod(1, 0).Ended(75, ""), MakePod(1, 1).Ended(75, "")).Plan();
        Assert.Equal(2, plan.Status!.Attempt);
    }

    [Fact]
    public void There_is_no_wait_when_another_code_has_been_seen()
    {
        var plan = Running().WithPods(MakePod(1, 0).Ended(137, ""), MakePod(1, 1).Running()).Plan();
        Assert.Equal(2, plan.Status!.Attempt);
        Assert.Contains("demo-1-0 ended with 137", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65)]
    [InlineData(78)]
    [InlineData(86)]
    public void A_container_beside_the_trainers_that_fails_is_infrastructure_and_named_with_code_and_last_words(int code)
    {
        var plan = Running().WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Running().Beside("log-shipper", Over(code, "disk full")))
            .Plan();

        Assert.Equal((2, 1, 0), (plan.Status!.Attempt, plan.Status.Restarts, plan.Status.RollbackCount));
        plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerFailed");
        Assert.Equal($"pod demo-1-1, container log-shipper ended with {code} (Error): disk full",
            plan.Condition(ConditionTypes.Restarting).Message);
    }

    [Fact]
    public void A_container_beside_the_trainers_that_has_done_its_work_is_no_end()
    {
        var plan = Running().WithPods(MakePod(1, 0).Running().Beside("prefetch", Over(0)),
            MakePod(1, 1).Running().Beside("prefetch", Over(0))).Plan();
        Assert.Equal((1, 2), (plan.Status?.Attempt ?? 1, plan.Status?.Workers.Ready ?? 2));
    }

    [Fact]
    public void A_container_before_the_trainers_that_fails_is_named_with_code_and_last_words()
    {
        var plan = Running(MakeJob().WithRestarts(0))
            .WithPods(MakePod(1, 0),
                MakePod(1, 1).Scheduled().Before("fetch-data", Over(42, "bucket not found")).With(p => p.Status.Phase = "Failed")).Plan();
        plan.ShouldHaveFailed("WorkerFailed");
        Assert.Contains("pod demo-1-1, init container fetch-data ended with 42 (Error): bucket not found",
            plan.Condition(ConditionTypes.Failed).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OutOfcpu", "Pod was rejected: Node didn't have enough resource: cpu, requested: 4000, used: 3900, capacity: 4000")]
    [InlineData("UnexpectedAdmissionError",
        "Pod Allocate failed due to no healthy devices present; cannot allocate unhealthy devices nvidia.com/gpu, which is unexpected")]
    [InlineData("NodeAffinity", "Pod Predicate NodeAffinity failed")]
    public void A_pod_that_its_node_does_not_take_costs_no_restart_is_told_and_waits_longer_each_time(string reason, string message)
    {
        var job = MakeJob().WithRestarts(0).WithBackoff(10, 300);
        var scene = Scene.Of(job, MakeStatus().With(s => s.Attempt = 1).Condition(ConditionTypes.Running, "False", "Starting"));
        var waits = new List<double>();
        for (var attempt = 1; attempt <= 4; attempt++)
        {
            var plan = scene.WithPods(MakePod(attempt, 0).Refused(reason, message), MakePod(attempt, 1).Running()).Plan();
            Assert.Equal((attempt + 1, 0, attempt), (plan.Status!.Attempt, plan.Status.Restarts, plan.Status.FailedStarts));
            plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerRefused");
            Assert.Contains($"a node has not taken a worker: pod demo-{attempt}-0 has ended ({reason}): {message}",
                plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
            waits.Add((plan.Status.RestartNotBefore!.Value - Clock.Start.UtcDateTime).TotalSeconds);
            scene.After(plan);
        }

        Assert.All(waits.Zip([10.0, 20, 40, 80]), w => Assert.InRange(w.First, w.Second, w.Second * 1.2));
    }

    [Fact]
    public void A_gang_that_has_come_to_run_begins_the_waits_anew()
    {
        var scene = Scene.Of(MakeJob(),
            MakeRunning(3, 2).With(s => s.FailedStarts = 4).Condition(ConditionTypes.Running, "False", "Starting"))
                .WithPods(MakeRunningGang(3, 2));
        Assert.Null(scene.Plan().Status!.FailedStarts);
    }

    [Fact]
    public void A_clock_of_the_far_future_is_not_waited_for()
    {
        var plan = Running().WithPods(MakePod(1, 0).Running(),
            MakePod(1, 1).Ended(75, "", new DateTimeOffset(9998, 1, 1, 0, 0, 0, TimeSpan.Zero))).Plan();
        Assert.Equal(2, plan.Status!.Attempt);
    }

    [Fact]
    public void A_worker_deleted_by_hand_restarts_the_whole_gang_once()
    {
        var scene = Running().WithPods(MakePod(1, 0).Running().Deleting(Clock.After(60)), MakePod(1, 1).Running());

        var plan = scene.Plan();

        Assert.Equal((2, 1), (plan.Status!.Attempt, plan.Status.Restarts));
        plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerLost");
        Assert.Equal(["demo-1-1"], plan.DeletedNames());
        var next = scene.After(plan).WithPods(MakePod(1, 1).Running().Deleting(Clock.After(60))).Plan(1);
        Assert.Equal(1, (next.Status ?? plan.Status).Restarts);
    }

    [Fact]
    public void A_worker_that_is_simply_gone_restarts_the_whole_gang()
    {
        var plan = Running().WithPods(MakePod(1, 1).Running()).Plan();
        Assert.Equal((2, 1), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.Contains("demo-1-0 is gone", plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_was_never_seen_is_made_and_restarts_nothing()
    {
        var plan = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 1).Running()).Plan();
        Assert.Equal(1, plan.Status!.Attempt);
        Assert.Equal(["demo-1-0"], plan.PodNames());
    }

    [Theory]
    [InlineData("The node was low on resource: memory.", 0)]
    [InlineData("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.", 1)]
    public void An_evicted_worker_restarts_the_gang_and_counts_only_where_it_was_its_own_fault(string message, int restarts)
    {
        var plan = Running().WithPods(MakePod(1, 0).Evicted(message), MakePod(1, 1).Running()).Plan();
        Assert.Equal((2, restarts), (plan.Status!.Attempt, plan.Status.Restarts));
        Assert.Contains(message, plan.Condition(ConditionTypes.Restarting).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_the_cluster_takes_away_costs_no_restart()
    {
        var plan = Running(MakeJob().WithRestarts(0))
            .WithPods(MakePod(1, 0).Running().Disrupted().Deleting(Clock.After(60)), MakePod(1, 1).Running()).Plan();
        Assert.Equal((2, 0), (plan.Status!.Attempt, plan.Status.Restarts));
        plan.ShouldHave(ConditionTypes.Restarting, "True", "WorkerDisrupted");
    }

    [Theory]
    [InlineData(true, false, 0)]
    [InlineData(false, true, 0)]
    [InlineData(false, false, 1)]
    public void A_pod_deleted_from_a_node_that_is_drained_or_gone_counts_for_nothing_though_nobody_says_why(bool cordoned, bool gone,
        int restarts)
    {
        var plan = Running().WithPods(MakePod(1, 0).Running().Deleting(Clock.After(60)), MakePod(1, 1).Running())
            .With(
                o => o with
                {
                    Nodes = new Dictionary<string, NodeState>(
                    StringComparer.Ordinal)
                    { ["node-1"] = new(gone, cordoned, IsOutOfService: false, NotReadySince: null) }
                }).Plan();
        Assert.Equal((2, restarts), (plan.Status!.Attempt, plan.Status.Restarts));
    }
}
