namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Waiting by a clock that tests can set.</summary>
internal static class ClockWait
{
    /// <summary>Holds this thread for so long.</summary>
    public static void Wait(this TimeProvider time, TimeSpan length)
    {
        using var over = new ManualResetEventSlim();
        using var timer = time.CreateTimer(_ => over.Set(), state: null, length, Timeout.InfiniteTimeSpan);
        over.Wait();
    }
}
