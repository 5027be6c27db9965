namespace EndToEnd.Tests.Cluster;

/// <summary>Waits for real processes: looks again and again until a condition holds, and fails with what was seen last.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1); // each look starts a kubectl, which takes from what it waits for

    /// <summary>The first value for which the condition holds.</summary>
    /// <param name="what">Completes "waited N s for …".</param>
    /// <param name="limit">How long at most.</param>
    /// <param name="look">Reads the value.</param>
    /// <param name="holds">The condition.</param>
    public static async Task<T> SeesAsync<T>(string what, TimeSpan limit, Func<Task<T>> look, Func<T, bool> holds)
    {
        using var timer = new PeriodicTimer(Interval);
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var value = await look();
            if (holds(value))
            {
                return value;
            }

            if (TimeProvider.System.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException($"waited {limit.TotalSeconds:0} s for {what}; seen last:\n{Describe(value)}");
            }

            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    private static string Describe<T>(T value) =>
        value is IEnumerable<object> items ? string.Join('\n', items) : value?.ToString() ?? "nothing";
}
