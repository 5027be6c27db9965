namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Gives back what a burst of work took. The collector lets its youngest generation grow with the processor's cache, to tens of megabytes, and
/// an operator that then waits for hours would hold on to them.
/// </summary>
/// <param name="time">Clock.</param>
internal sealed class MemoryTrimmer(TimeProvider time)
{
    private const long Worthwhile = 32L << 20;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var trimmed = GC.GetTotalAllocatedBytes();
        while (await timer.WaitForNextTickAsync(cancel))
        {
            if (GC.GetTotalAllocatedBytes() - trimmed >= Worthwhile)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                trimmed = GC.GetTotalAllocatedBytes();
            }
        }
    }
}
