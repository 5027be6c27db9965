using MhcOperator.Api;
using MhcOperator.Operator.Planning.Policies;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class RollbackBudgetTests
{
    private static readonly RollbackPolicy Policy = new() { Limit = 3, RefillAfterSteps = 100 };

    [Fact]
    public void Without_a_rollback_all_are_left() => Assert.Equal(3, Left(onset: 5000));

    [Fact]
    public void Each_rollback_takes_one() => Assert.Equal(1, Left(onset: 60, (50, 40), (55, 40)));

    [Fact]
    public void Too_few_healthy_steps_give_nothing_back() => Assert.Equal(2, Left(onset: 139, (50, 40)));

    [Fact]
    public void Enough_healthy_steps_give_one_back() => Assert.Equal(3, Left(onset: 140, (50, 40)));

    [Fact]
    public void Many_healthy_steps_give_several_back() => Assert.Equal(3, Left(onset: 400, (50, 40), (55, 40), (60, 40)));

    [Fact]
    public void No_more_than_the_limit_is_ever_left() => Assert.Equal(3, Left(onset: 1_000_000, (50, 40)));

    [Fact]
    public void Healthy_steps_between_two_rollbacks_count() => Assert.Equal(2, Left(onset: 250, (50, 40), (240, 200)));

    [Fact]
    public void An_onset_before_the_restored_step_is_no_healthy_progress() => Assert.Equal(2, Left(onset: 10, (50, 40)));

    [Fact]
    public void A_limit_of_nothing_allows_nothing() =>
        Assert.Equal(0, RollbackBudget.Used(new MhcTrainingJobStatus(), new RollbackPolicy { Limit = 0 }, 10));

    [Fact]
    public void Steps_that_nobody_reported_while_they_were_done_give_nothing_back() =>
        Assert.Equal(2, Policy.Limit - RollbackBudget.Used(Status(reported: 60, (50, 40)), Policy, onsetStep: 100_000));

    [Fact]
    public void What_is_counted_holds_where_older_records_are_no_longer_listed()
    {
        var status = Status(reported: 60, (50, 40));
        status.RollbacksUsed = 3;
        Assert.Equal(3, RollbackBudget.Used(status, Policy, onsetStep: 60));
        status.Progress = new ProgressStatus { Step = 240 };
        Assert.Equal(1, RollbackBudget.Used(status, Policy, onsetStep: 240));
    }

    [Theory]
    [InlineData(0, 60, 0)]
    [InlineData(0, 55, 1)]
    [InlineData(0, 50, 2)]
    [InlineData(2, 60, 2)]
    public void A_rollback_waits_for_those_before_it_that_came_as_far_or_were_not_given_back(int used, int detected, int expected)
    {
        var status = new MhcTrainingJobStatus
        {
            Rollbacks = [new() { DetectedStep = 10 }, new() { DetectedStep = 50 },
            new() { DetectedStep = 55 }]
        };
        Assert.Equal(expected, RollbackBudget.InVain(status, used, detected));
    }

    private static int Left(int onset, params (int Onset, int Restored)[] rollbacks) =>
        Policy.Limit - RollbackBudget.Used(Status(onset, rollbacks), Policy, onset);

    private static MhcTrainingJobStatus Status(int reported, params (int Onset, int Restored)[] rollbacks) => new()
    {
        Rollbacks = [.. rollbacks.Select(r => new RollbackRecord { OnsetStep = r.Onset, RestoredStep = r.Restored })],
        Progress = new ProgressStatus { Step = reported },
    };
}
