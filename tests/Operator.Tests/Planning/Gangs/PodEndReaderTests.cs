using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.PodBuilder;

namespace MhcOperator.Operator.Tests.Planning.Gangs;

public sealed class PodEndReaderTests
{
    private static PodEnd? Read(PodBuilder pod) => new WorkerPod(pod.Build(), 1, 1).End;

    [Fact]
    public void A_pod_that_runs_or_has_succeeded_has_no_bad_end()
    {
        Assert.Null(Read(MakePod(1, 0)));
        Assert.Null(Read(MakePod(1, 0).Running()));
        Assert.Null(Read(MakePod(1, 0).Succeeded()));
    }

    [Fact]
    public void The_exit_code_its_time_and_its_message_are_read()
    {
        var end = Read(MakePod(1, 0).Ended(75, "peer lost", Clock.After(3)))!;
        Assert.Equal((75, "Error", "peer lost", Clock.After(3), false), (end.ExitCode, end.Reason, end.Message, end.At, end.Disrupted));
    }

    [Theory]
    [InlineData(75, 86, 86)]
    [InlineData(86, 65, 65)]
    [InlineData(65, 78, 78)]
    [InlineData(137, 75, 137)]
    public void Of_several_containers_the_strongest_code_counts(int first, int second, int expected) =>
        Assert.Equal(
            expected, Read(MakePod(1, 0).WithEndedContainer(first, "")
                .With(p => p.Status.ContainerStatuses.Add(MakePod(1, 0).Ended(second, "").Build().Status.ContainerStatuses[0])))!.ExitCode);

    [Fact]
    public void An_evicted_pod_has_no_code_but_a_reason()
    {
        var end = Read(MakePod(1, 0).Evicted("low on memory"))!;
        Assert.Null(end.ExitCode);
        Assert.Equal(("Evicted", "low on memory"), (end.Reason, end.Message));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(65)]
    [InlineData(75)]
    [InlineData(78)]
    [InlineData(86)]
    public void A_container_beside_the_ranks_that_fails_is_named_and_its_code_is_none_of_the_contract(int code)
    {
        var end = Read(MakePod(1, 0).Running().Beside("log-shipper", Over(code, "no route to host")))!;
        Assert.Equal((null, ("container log-shipper", code), "no route to host"), (end.ExitCode, end.Other, end.Message));
    }

    [Fact]
    public void A_container_before_the_ranks_that_fails_is_named_with_its_last_words()
    {
        var end = Read(MakePod(1, 0).Refused("").With(p => p.Status.Reason = null).Before("fetch-data", Over(42, "bucket not found")))!;
        Assert.Equal((null, ("init container fetch-data", 42), "bucket not found"), (end.ExitCode, end.Other, end.Message));
    }

    [Fact]
    public void What_a_container_makes_of_the_end_of_its_pod_is_not_the_cause()
    {
        Assert.Equal("Deleted", Read(MakePod(1, 0).Running().Beside("log", Over(143)).Deleting(Clock.After(60)))!.Reason);
        Assert.Equal(
            "Evicted", Read(MakePod(1, 0).Running().Beside("log", Over(137)).Evicted("The node was low on resource: memory."))!.Reason);
    }

    [Theory]
    [InlineData("log", "Always")]
    [InlineData("trainer-logs", "OnFailure")]
    public void What_the_kubelet_starts_again_has_not_ended(string name, string policy)
    {
        Assert.Null(Read(MakePod(1, 0).Running().Before(name, Over(78), policy)));
        Assert.Null(Read(MakePod(1, 0).Running().Beside(name, Over(78), policy)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(78)]
    public void A_rank_that_is_done_is_done_whatever_the_others_do(int code)
    {
        Assert.Null(Read(MakePod(1, 0).Succeeded().Beside("log", Goes())));
        Assert.Null(
            Read(MakePod(1, 0).Succeeded().Beside("log", Over(code)).With(p => p.Status.Phase = code == 0 ? "Succeeded" : "Failed")));
    }

    [Fact]
    public void A_rank_decides_over_a_container_beside_it() =>
        Assert.Equal(78, Read(MakePod(1, 0).Ended(78, "").Beside("log", Over(1)).Before("fetch", Over(2)))!.ExitCode);

    [Fact]
    public void A_name_that_only_begins_like_a_ranks_is_none()
    {
        Assert.Null(Read(MakePod(1, 0).Running().Beside("trainer-logs", Over(78)))!.ExitCode);
        Assert.Null(Read(MakePod(1, 0).Running().Beside("trainer-0", Over(78)))!.ExitCode);
    }

    [Fact]
    public void A_verdict_of_a_process_decides_over_a_container_beside_it()
    {
        var pod = MakePod(1, 0).Supervised(ready: false).Beside("log", Over(1)).Build();
        Assert.Equal(86, new WorkerPod(pod, 1, 1, [new() { Attempt = 1, ExitCode = 86, Message = "m" }]).End!.ExitCode);
    }

    [Fact]
    public void A_rank_that_ends_with_0_after_it_was_told_to_has_not_succeeded()
    {
        Assert.Equal("Deleted", Read(MakePod(1, 0).Succeeded().Deleting(Clock.Start))!.Reason);
        Assert.Equal("Terminated",
            Read(MakePod(1, 0).Succeeded().With(p => (p.Status.Phase, p.Status.Reason) = ("Failed", "Terminated")))!.Reason);
        Assert.NotNull(Read(MakePod(1, 0).Succeeded().Disrupted()));
    }

    [Theory]
    [InlineData("OutOfcpu")]
    [InlineData("OutOfnvidia.com/gpu")]
    [InlineData("UnexpectedAdmissionError")]
    [InlineData("NodeAffinity")]
    [InlineData("TopologyAffinityError")]
    [InlineData("NodeShutdown")]
    [InlineData("Shutdown")]
    [InlineData("Terminated")]
    [InlineData("Preempting")]
    [InlineData("AReasonOfAnotherVersion")]
    public void What_a_node_does_not_take_or_gives_up_is_the_machines_doing(string reason) =>
        Assert.True(Read(MakePod(1, 0).Refused(reason))!.Disrupted);

    [Theory]
    [InlineData("UnexpectedAdmissionError")]
    [InlineData("NodeAffinity")]
    public void So_is_what_it_does_not_take_again_after_a_reboot(string reason)
    {
        var end = Read(MakePod(1, 0).Ended(137, "").With(p => (p.Status.Reason, p.Status.Message) = (reason, "Pod was rejected: why")))!;
        Assert.Equal((true, reason, "Pod was rejected: why"), (end.Disrupted, end.Reason, end.Message));
        Assert.Equal(78, Read(MakePod(1, 0).Ended(78, "").With(p => p.Status.Reason = reason))!.ExitCode);
    }

    [Theory]
    [InlineData("The node was low on resource: memory. Container trainer was using 9Gi, which exceeds its request of 0.", true)]
    [InlineData("The node had condition: [DiskPressure]. ", true)]
    [InlineData("Pod was rejected: The node had condition: [MemoryPressure]. ", true)]
    [InlineData("Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ", false)]
    [InlineData("Container trainer exceeded its local ephemeral storage limit \"1Gi\". ", false)]
    [InlineData("Usage of EmptyDir volume \"scratch\" exceeds the limit \"1Gi\". ", false)]
    public void An_eviction_is_the_machines_doing_unless_the_pod_took_more_than_it_may(string message, bool machine) =>
        Assert.Equal(machine, Read(MakePod(1, 0).Evicted(message))!.Disrupted);

    [Fact]
    public void A_deadline_of_the_pod_is_nobodys_disruption() => Assert.False(Read(MakePod(1, 0).Refused("DeadlineExceeded"))!.Disrupted);

    [Fact]
    public void Last_words_cannot_steer_a_terminal() =>
        Assert.Equal("\\u001b[31mred\\u202e", Read(MakePod(1, 0).Ended(1, "\u001b[31mred\u202e"))!.Message);

    [Fact]
    public void A_pod_that_is_being_deleted_has_ended() =>
        Assert.Equal("Deleted", Read(MakePod(1, 0).Running().Deleting(Clock.After(60)))!.Reason);

    [Fact]
    public void A_pod_that_the_cluster_takes_away_is_marked() =>
        Assert.True(Read(MakePod(1, 0).Running().Disrupted().Deleting(Clock.After(60)))!.Disrupted);

    [Fact]
    public void A_failed_pod_without_any_status_still_has_an_end() =>
        Assert.Equal("PodFailed", Read(MakePod(1, 0).With(p => p.Status.Phase = "Failed"))!.Reason);
}
