using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class WorkerCountsPolicyTests
{
    [Fact]
    public void Pods_of_the_current_attempt_are_counted_by_what_they_do()
    {
        var plan = Scene.Of(MakeJob().WithWorkers(4), MakeStatus().With(s => s.Attempt = 2))
            .WithPods(MakePod(2, 0).Succeeded(), MakePod(2, 1).Running(), MakePod(2, 2), MakePod(2, 3).Ended(75, "", Clock.After(0)),
                MakePod(1, 0).Running()).Plan(1);
        var counts = plan.Status!.Workers;
        Assert.Equal((2, 1, 1, 1), (counts.Active, counts.Ready, counts.Succeeded, counts.Failed));
    }

    [Fact]
    public void Counts_alone_are_not_worth_a_write_so_soon_after_another()
    {
        var scene = Scene.Of(MakeJob().WithWorkers(3), MakeRunning(1, 3))
            .WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Running(), MakePod(1, 2).Running())
            .With(o => o with { StatusWrittenAt = Clock.After(-1) });
        var plan = scene.Plan();
        plan.ShouldCostNothing();
        Assert.Equal(TimeSpan.FromSeconds(4), plan.RequeueAfter);
        Assert.Equal(1, scene.Plan(4).Status!.Workers.Succeeded);
    }

    [Fact]
    public void A_gang_that_has_become_whole_is_written_at_once_because_decisions_rest_on_it()
    {
        var plan = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).WithPods(MakePod(1, 0), MakePod(1, 1))
            .With(o => o with { StatusWrittenAt = Clock.Start }).Plan();
        Assert.Equal(2, plan.Status!.Workers.Active);
    }
}
