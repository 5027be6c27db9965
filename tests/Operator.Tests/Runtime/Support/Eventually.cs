using System.Diagnostics;

namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>Lets other tasks run until something holds.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    public static async Task HoldsAsync(Func<bool> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Deadline, $"never happened: {what}");
            await Task.Yield();
        }
    }
}
