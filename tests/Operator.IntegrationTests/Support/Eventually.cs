using System.Diagnostics;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Looks again and again until something holds.</summary>
internal static class Eventually
{
    /// <summary>How long anything may take. Only what never comes takes so long: a slow or busy machine fails no test.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100); // each look takes from what it waits for

    public static Task HoldsAsync(Func<Task<bool>> condition, string what, CancellationToken cancel) =>
        HoldsAsync(condition, () => what, cancel);

    public static Task HoldsAsync(Func<bool> condition, string what, CancellationToken cancel) => HoldsAsync(condition, () => what, cancel);

    public static Task HoldsAsync(Func<bool> condition, Func<string> what, CancellationToken cancel) =>
        HoldsAsync(() => Task.FromResult(condition()), what, cancel);

    public static async Task HoldsAsync(Func<Task<bool>> condition, Func<string> what, CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                Assert.Fail($"did not happen in {Limit}: {what()}");
            }

            await timer.WaitForNextTickAsync(cancel);
        }
    }
}
