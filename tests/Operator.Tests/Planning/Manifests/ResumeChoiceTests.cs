using MhcOperator.Api;
using MhcOperator.Operator.Planning.Manifests;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

public sealed class ResumeChoiceTests
{
    private static string Of(int attempt, params (int Attempt, int Restored, double? Seconds)[] rollbacks)
    {
        var status = MakeStatus().With(s => s.Attempt = attempt);
        foreach (var rollback in rollbacks)
        {
            status.Rollback(rollback.Attempt, rollback.Restored, rollback.Restored, seconds: rollback.Seconds);
        }

        return ResumeChoice.Of(status.Build(), CheckpointResume.Latest).ToString();
    }

    [Fact]
    public void Without_a_rollback_the_latest_checkpoint_is_taken() => Assert.Equal("latest", Of(1));

    [Fact]
    public void The_gang_after_a_rollback_begins_at_the_restored_step() => Assert.Equal("100", Of(2, (1, 100, null)));

    [Fact]
    public void Step_0_means_no_checkpoint() => Assert.Equal("none", Of(2, (1, 0, null)));

    [Fact]
    public void A_gang_made_again_for_the_same_attempt_begins_there_too() => Assert.Equal("100", Of(2, (1, 100, 9.5)));

    [Fact]
    public void Once_the_recovery_has_been_seen_later_gangs_take_the_latest() => Assert.Equal("latest", Of(3, (1, 100, 9.5)));

    [Fact]
    public void Until_then_they_begin_at_the_restored_step_since_nobody_may_have_quarantined_the_later_ones() =>
        Assert.Equal("100", Of(3, (1, 100, null)));

    [Fact]
    public void Only_the_last_rollback_counts() => Assert.Equal("60", Of(3, (1, 100, null), (2, 60, null)));
}
