using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

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
        Assert.Equal(0, MhcOperator.Operator.Planning.Policies.RollbackBudget.Left([], new RollbackPolicy { Limit = 0 }, 10));

    private static int Left(int onset, params (int Onset, int Restored)[] rollbacks) => MhcOperator.Operator.Planning.Policies.RollbackBudget.Left(
        [.. rollbacks.Select(r => new RollbackRecord { OnsetStep = r.Onset, RestoredStep = r.Restored })], Policy, onset);
}
