using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.PodBuilder;

namespace MhcOperator.Operator.Tests.Planning.Gangs;

public sealed class PodEndReaderTests
{
    private static PodEnd? Read(PodBuilder pod) => PodEndReader.Read(pod.Build());

    [Fact]
    public void A_pod_that_runs_or_has_succeeded_has_no_bad_end()
    {
        Assert.Null(Read(MakePod(1, 0)));
        Assert.Null(Read(MakePod(1, 0).Running()));
        Assert.Null(Read(MakePod(1, 0).Succeeded()));
        Assert.Null(Read(MakePod(1, 0).Succeeded().Deleting(Clock.Start)));
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
        Assert.Equal(expected, Read(MakePod(1, 0).WithEndedContainer(first, "").With(p => p.Status.ContainerStatuses.Add(MakePod(1, 0).Ended(second, "").Build().Status.ContainerStatuses[0])))!.ExitCode);

    [Fact]
    public void An_evicted_pod_has_no_code_but_a_reason()
    {
        var end = Read(MakePod(1, 0).Evicted("low on memory"))!;
        Assert.Null(end.ExitCode);
        Assert.Equal(("Evicted", "low on memory"), (end.Reason, end.Message));
    }

    [Fact]
    public void A_pod_that_is_being_deleted_has_ended() => Assert.Equal("Deleted", Read(MakePod(1, 0).Running().Deleting(Clock.After(60)))!.Reason);

    [Fact]
    public void A_pod_that_the_cluster_takes_away_is_marked() => Assert.True(Read(MakePod(1, 0).Running().Disrupted().Deleting(Clock.After(60)))!.Disrupted);

    [Fact]
    public void A_failed_pod_without_any_status_still_has_an_end() =>
        Assert.Equal("PodFailed", Read(MakePod(1, 0).With(p => p.Status.Phase = "Failed"))!.Reason);
}
