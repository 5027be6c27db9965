using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Tests.Parallel;

public sealed class KeepAliveTests
{
    [Theory]
    [InlineData(0.2)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(300)]
    [InlineData(86400)]
    public void A_host_that_falls_silent_is_given_up_after_the_patience_and_not_before(double seconds)
    {
        var (idle, interval, probes) = KeepAlive.Plan(TimeSpan.FromSeconds(seconds));

        // The kernel's limits.
        Assert.InRange(idle, 1, 32767);
        Assert.InRange(interval, 1, 32767);
        Assert.InRange(probes, 1, 127);
        // The first question without an answer is asked between no time and all of the idle time after the silence began.
        var (soonest, latest) = (interval * probes, idle + (interval * probes));
        Assert.InRange(soonest, seconds, seconds + interval);
        Assert.InRange(latest, seconds, (1.25 * seconds) + 3);
    }
}
