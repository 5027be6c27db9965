using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class MemoryTrimmerTests
{
    [Fact]
    public async Task What_a_burst_took_is_given_back_once_at_the_next_look_and_little_is_left_alone()
    {
        var time = new FakeTimeProvider();
        using var stop = new CancellationTokenSource();
        long allocated = 0;
        var looks = 0;
        List<int> trims = [];
        var running = new MemoryTrimmer(time, () => allocated, () => trims.Add(looks)).RunAsync(stop.Token);

        long[] atEachLook = [MemoryTrimmer.Worthwhile - 1, MemoryTrimmer.Worthwhile, MemoryTrimmer.Worthwhile,
            (2 * MemoryTrimmer.Worthwhile) - 1, 2 * MemoryTrimmer.Worthwhile];
        foreach (var bytes in atEachLook)
        {
            (allocated, looks) = (bytes, looks + 1);
            time.Advance(MemoryTrimmer.Interval);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal([2, 5], trims);
    }
}
