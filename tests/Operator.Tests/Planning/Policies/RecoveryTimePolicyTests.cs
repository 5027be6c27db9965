using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class RecoveryTimePolicyTests
{
    private static Api.Contract.TrainerStatus Report(double? firstStepAt, int attempt = 2) => new()
    {
        Attempt = attempt,
        Step = 101,
        TotalSteps = 200,
        FirstStep = 101,
        FirstStepAt = firstStepAt is { } at ? Clock.After(at).UtcDateTime : null,
    };

    private static Scene RolledBack(int attempt = 2, double? seconds = null) =>
        Scene.Of(MakeJob(), MakeRunning(attempt, 2).Rollback(1, 115, 100, seconds: seconds)).WithPods(MakeRunningGang(attempt, 2));

    [Fact]
    public void The_time_from_detection_to_the_first_new_step_is_recorded()
    {
        var plan = RolledBack().WithReport(Report(12.34), Clock.After(15)).Plan(15);
        Assert.Equal(12.3, plan.Status!.Rollbacks[0].Seconds);
    }

    [Fact]
    public void It_is_recorded_once()
    {
        var plan = RolledBack(seconds: 9.5).WithReport(Report(20), Clock.After(25)).Plan(25);
        Assert.Equal(9.5, plan.Status!.Rollbacks[0].Seconds);
    }

    [Fact]
    public void A_gang_that_has_done_no_step_says_nothing()
    {
        var plan = RolledBack().WithReport(Report(null) with { FirstStep = null }).Plan(5);
        Assert.Null(plan.Status!.Rollbacks[0].Seconds);
    }

    [Theory]
    [InlineData(-5, 0)]
    [InlineData(500, 15)]
    public void Another_clock_cannot_make_it_negative_or_longer_than_until_it_was_heard_of(double firstStepAt, double expected)
    {
        var plan = RolledBack().WithReport(Report(firstStepAt), Clock.After(15)).Plan(15);
        Assert.Equal(expected, plan.Status!.Rollbacks[0].Seconds);
    }

    [Fact]
    public void Without_a_time_the_moment_of_reading_stands_in()
    {
        var plan = RolledBack().WithReport(Report(null), Clock.After(15)).Plan(15);
        Assert.Equal(15, plan.Status!.Rollbacks[0].Seconds);
    }

    [Fact]
    public void A_later_attempt_tells_it_where_the_first_one_never_did()
    {
        var plan = RolledBack(attempt: 3).WithReport(Report(40, attempt: 3), Clock.After(45)).Plan(45);
        Assert.Equal(40, plan.Status!.Rollbacks[0].Seconds);
    }
}
