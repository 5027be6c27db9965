using System.Diagnostics;

namespace MhcOperator.Testing;

/// <summary>Looks again and again until something holds, and fails with what was seen last.</summary>
public static class Eventually
{
    /// <summary>How long anything may take. Only what never comes takes so long: a slow or busy machine fails no test.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    // Each look takes from what it waits for; one that starts a kubectl takes much.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan SeldomInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OftenInterval = TimeSpan.FromMilliseconds(10);

    /// <summary>Lets other tasks run until it holds: for tests that have a clock of their own.</summary>
    public static async Task HappensAsync(Func<bool> condition, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Limit, $"never happened: {what}");
            await Task.Yield();
        }
    }

    /// <summary>Looks ten times a second.</summary>
    public static Task HoldsAsync(Func<bool> condition, string what, CancellationToken cancel) => HoldsAsync(condition, () => what, cancel);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, string, CancellationToken)"/>
    public static Task HoldsAsync(Func<bool> condition, Func<string> what, CancellationToken cancel) =>
        HoldsAsync(() => Task.FromResult(condition()), what, cancel);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, string, CancellationToken)"/>
    public static Task HoldsAsync(Func<Task<bool>> condition, string what, CancellationToken cancel) =>
        HoldsAsync(condition, () => what, cancel);

    /// <inheritdoc cref="HoldsAsync(Func{bool}, string, CancellationToken)"/>
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

    /// <summary>Looks a hundred times a second, from a test that is not asynchronous.</summary>
    public static void Holds(Func<bool> condition, TimeSpan deadline, Func<string> failure)
    {
        var started = Stopwatch.GetTimestamp();
        using var never = new ManualResetEventSlim();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < deadline, $"after {deadline.TotalSeconds} s: {failure()}");
            never.Wait(OftenInterval);
        }
    }

    /// <summary>Looks once a second, and gives the first value for which the condition holds.</summary>
    /// <param name="what">Completes "waited N s for …".</param>
    /// <param name="look">Reads the value.</param>
    /// <param name="holds">The condition.</param>
    public static async Task<T> SeesAsync<T>(string what, Func<Task<T>> look, Func<T, bool> holds)
    {
        using var timer = new PeriodicTimer(SeldomInterval);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var value = await look();
            if (holds(value))
            {
                return value;
            }

            if (Stopwatch.GetElapsedTime(started) > Limit)
            {
                throw TooLong(what, value is IEnumerable<object> items ? string.Join('\n', items) : value);
            }

            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public static TimeoutException TooLong(string what, object? seen) =>
        new($"waited {Limit.TotalSeconds:0} s for {what}; seen last:\n{seen ?? "nothing"}");
}
