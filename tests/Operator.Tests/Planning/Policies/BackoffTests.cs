using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Policies;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class BackoffTests
{
    private static readonly BackoffSpec Spec = new() { InitialSeconds = 10, MaximumSeconds = 360 };

    [Theory]
    [InlineData(1, 10)]
    [InlineData(2, 20)]
    [InlineData(3, 40)]
    [InlineData(6, 320)]
    [InlineData(7, 360)]
    [InlineData(1000, 360)]
    public void The_wait_doubles_up_to_the_maximum_and_is_lengthened_by_at_most_a_fifth(int restarts, double seconds) =>
        Assert.InRange(Backoff.Wait(Spec, restarts, "uid", restarts + 1).TotalSeconds, seconds, seconds * 1.2);

    [Fact]
    public void It_is_the_same_on_every_look() => Assert.Equal(Backoff.Wait(Spec, 2, "uid", 3), Backoff.Wait(Spec, 2, "uid", 3));

    [Fact]
    public void Jobs_that_failed_together_do_not_come_back_together()
    {
        var waits = Enumerable.Range(0, 100).Select(i => Backoff.Wait(Spec, 1, $"uid-{i}", 2).TotalSeconds).ToList();
        Assert.True(waits.Distinct().Count() > 95);
        Assert.True(waits.Max() - waits.Min() > 1.5);
    }

    [Fact]
    public void No_wait_at_all_stays_none() =>
        Assert.Equal(TimeSpan.Zero, Backoff.Wait(new BackoffSpec { InitialSeconds = 0, MaximumSeconds = 0 }, 5, "uid", 6));

    [Fact]
    public void Any_limits_are_kept() => Prop.ForAll(
            ArbMap.Default.ArbFor<NonNegativeInt>(), ArbMap.Default.ArbFor<NonNegativeInt>(), ArbMap.Default.ArbFor<PositiveInt>(),
            (initial, more, restarts) =>
            {
                var spec = new BackoffSpec { InitialSeconds = initial.Get, MaximumSeconds = initial.Get + more.Get };
                var wait = Backoff.Wait(spec, restarts.Get, "uid", restarts.Get + 1).TotalSeconds;
                return wait >= spec.InitialSeconds && wait <= spec.MaximumSeconds * 1.2;
            })
        .Check(Config.QuickThrowOnFailure);
}
