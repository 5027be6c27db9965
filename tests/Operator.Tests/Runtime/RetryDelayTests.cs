using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class RetryDelayTests
{
    [Fact]
    public void Each_wait_is_between_half_of_its_doubling_and_all_of_it_and_never_above_the_longest() =>
        Prop.ForAll(Gen.Choose(0, 60).ToArbitrary(), Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary(), (failures, seed) =>
        {
            var backoff = new RetryDelay(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), new Random(seed));
            var wait = Enumerable.Range(0, failures + 1).Select(_ => backoff.Next()).ToArray()[^1].TotalMilliseconds;
            var whole = Math.Min(10_000, 100 * Math.Pow(2, failures));
            Assert.InRange(wait, whole / 2, whole);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void After_a_success_the_next_wait_is_the_first_again()
    {
        var backoff = new RetryDelay(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), new Random(1));
        for (var i = 0; i < 8; i++)
        {
            backoff.Next();
        }

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalMilliseconds, 50, 100);
    }
}
