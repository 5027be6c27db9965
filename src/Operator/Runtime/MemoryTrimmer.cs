namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Gives back what a burst of work took. The collector lets its youngest generation grow with the processor's cache, to tens of megabytes,
/// and an operator that then waits for hours would hold on to them.
/// </summary>
/// <param name="time">Clock.</param>
/// <param name="allocated">Bytes that the process has allocated so far.</param>
/// <param name="giveBack">Collects everything and returns what is free to the system.</param>
internal sealed class MemoryTrimmer(TimeProvider time, Func<long> allocated, Action giveBack)
{
    /// <summary>Bytes allocated since the last time for which it is worth the pause.</summary>
    public const long Worthwhile = 4L << 20;

    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>For this process.</summary>
    public MemoryTrimmer(TimeProvider time)
        : this(time, () => GC.GetTotalAllocatedBytes(),
            () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true))
    {
    }

    /// <summary>Works until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var before = allocated();
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            if (allocated() - before >= Worthwhile)
            {
                giveBack();
                before = allocated();
            }
        }
    }
}
