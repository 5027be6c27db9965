using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class RollbackRecorderTests
{
    private static Scene Back(int restore) =>
        Scene.Of(MakeJob(), MakeRunning(1, 2).With(s => s.Checkpoints = new CheckpointsStatus { Latest = 110, Verified = 100 }))
        .WithPods(MakePod(1, 0).Ended(86, Verdicts.LossSpike(restore: restore)), MakePod(1, 1).Running());

    [Fact]
    public void The_record_names_the_attempt_that_was_unstable_not_the_next_one()
    {
        var status = Back(100).Plan().Status!;
        Assert.Equal((1, 2), (status.Rollbacks[0].Attempt, status.Attempt));
    }

    [Fact]
    public void Going_back_to_the_start_leaves_no_checkpoint_to_show()
    {
        var checkpoints = Back(0).Plan().Status!.Checkpoints!;
        Assert.Null(checkpoints.Latest);
        Assert.Null(checkpoints.Verified);
    }

    [Fact]
    public void The_newest_hundred_are_listed_and_all_are_counted()
    {
        var before = MakeRunning(201, 2).With(s => s.RollbacksUsed = 1);
        for (var attempt = 1; attempt <= 100; attempt++)
        {
            before.Rollback(attempt, 50, 40);
        }

        var scene = Scene.Of(MakeJob().WithRollbacks(1000), before.With(s => s.RollbackCount = 200))
            .WithPods(MakePod(201, 0).Ended(86, Verdicts.LossSpike()), MakePod(201, 1).Running());
        var status = scene.Plan().Status!;

        Assert.Equal((100, 201, 2, 2, 201),
            (status.Rollbacks.Count, status.RollbackCount, status.RollbacksUsed, status.Rollbacks[0].Attempt,
                status.Rollbacks[^1].Attempt));
    }

    [Fact]
    public void Earlier_records_are_kept()
    {
        var plan = Scene.Of(MakeJob(), MakeRunning(2, 2).Rollback(1, 50, 40, "45-55"))
            .WithPods(MakePod(2, 0).Ended(86, Verdicts.LossSpike(bad: new(115, 121))), MakePod(2, 1).Running()).Plan();
        Assert.Equal(["45-55", "115-121"], plan.Status!.Rollbacks.Select(r => r.Skipped));
    }
}
