using System.Diagnostics;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Looks again and again until something holds, or a deadline has passed.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static Task HoldsAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline, CancellationToken cancel) => HoldsAsync(condition, () => what, deadline, cancel);

    public static Task HoldsAsync(Func<Task<bool>> condition, string what, CancellationToken cancel) => HoldsAsync(condition, () => what, null, cancel);

    public static Task HoldsAsync(Func<Task<bool>> condition, Func<string> what, CancellationToken cancel) => HoldsAsync(condition, what, null, cancel);

    public static Task HoldsAsync(Func<bool> condition, string what, CancellationToken cancel) => HoldsAsync(condition, () => what, cancel);

    public static Task HoldsAsync(Func<bool> condition, Func<string> what, CancellationToken cancel) => HoldsAsync(() => Task.FromResult(condition()), what, null, cancel);

    private static async Task HoldsAsync(Func<Task<bool>> condition, Func<string> what, TimeSpan? deadline, CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Interval);
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(started) > (deadline ?? Usual))
            {
                Assert.Fail($"did not happen in {deadline ?? Usual}: {what()}");
            }

            await timer.WaitForNextTickAsync(cancel);
        }
    }
}
