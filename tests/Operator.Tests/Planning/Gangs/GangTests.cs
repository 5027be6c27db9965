using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Gangs;

public sealed class GangTests
{
    private static Gang Of(int workers, int attempt, params PodBuilder[] pods) => Gang.Of(
        new Observed { Manifest = MakeJob().BuildManifest(), Pods = [.. pods.Select(p => p.Build())] },
        MakeJob().WithWorkers(workers).Build(), MakeStatus().With(s => s.Attempt = attempt).Build());

    [Fact]
    public void The_attempt_label_tells_current_pods_from_earlier_ones()
    {
        var gang = Of(2, 2, MakePod(1, 0), MakePod(2, 0), MakePod(1, 1), MakePod(2, 1));
        Assert.Equal(["demo-2-0", "demo-2-1"], gang.Current.Select(p => p.Name));
        Assert.Equal(["demo-1-0", "demo-1-1"], gang.Previous.Select(p => p.Name));
        Assert.True(gang.IsComplete);
    }

    [Fact]
    public void A_pod_belongs_to_the_uid_that_controls_it_not_to_a_name()
    {
        var gang = Of(1, 1, MakePod(1, 0).OwnedBy("a-job-of-this-name-that-is-gone"));
        Assert.Empty(gang.Current);
        Assert.Single(gang.Foreign);
        Assert.Equal([0], gang.Missing);
    }

    [Fact]
    public void An_owner_that_does_not_control_owns_nothing()
    {
        var gang = Of(1, 1, MakePod(1, 0).With(p => p.Metadata.OwnerReferences[0].Controller = false));
        Assert.Empty(gang.Current);
    }

    [Fact]
    public void A_pod_without_a_readable_attempt_is_an_earlier_one()
    {
        var gang = Of(1, 1, MakePod(1, 0).With(p => p.Metadata.Labels["training.mhc.dev/attempt"] = "x"));
        Assert.Single(gang.Previous);
    }

    [Fact]
    public void Pods_are_in_the_order_of_their_ranks_even_with_two_digits()
    {
        var gang = Of(12, 1, [.. MakePods(1, 12).Reverse()]);
        Assert.Equal(Enumerable.Range(0, 12).Select(w => $"demo-1-{w}"), gang.Current.Select(p => p.Name));
    }

    [Fact]
    public void No_pods_have_neither_succeeded_nor_run()
    {
        var gang = Of(1, 1);
        Assert.False(gang.HasSucceeded);
        Assert.False(gang.IsRunning);
        Assert.False(gang.IsScheduled);
    }

    [Fact]
    public void A_gang_runs_only_with_all_its_workers() =>
        Assert.False(Of(2, 1, MakePod(1, 0).Running()).IsRunning);
}
