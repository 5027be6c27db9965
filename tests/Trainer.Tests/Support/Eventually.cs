using System.Diagnostics;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>Waits for a real process to do something.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    /// <summary>Looks until the condition holds; fails at the deadline.</summary>
    public static void Holds(Func<bool> condition, TimeSpan deadline, Func<string> failure)
    {
        var watch = Stopwatch.StartNew();
        using var never = new ManualResetEventSlim();
        while (!condition())
        {
            Assert.True(watch.Elapsed < deadline, $"after {deadline.TotalSeconds} s: {failure()}");
            never.Wait(Look);
        }
    }
}
