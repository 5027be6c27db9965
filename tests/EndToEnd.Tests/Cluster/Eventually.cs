namespace EndToEnd.Tests.Cluster;

/// <summary>Waits for real processes: looks again and again until a condition holds, and fails with what was seen last.</summary>
internal static class Eventually
{
    /// <summary>How long anything may take. Only what never comes takes so long: a slow or busy machine fails no test.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1); // each look starts a kubectl, which takes from what it waits for

    /// <summary>The first value for which the condition holds.</summary>
    /// <param name="what">Completes "waited N s for …".</param>
    /// <param name="look">Reads the value.</param>
    /// <param name="holds">The condition.</param>
    public static async Task<T> SeesAsync<T>(string what, Func<Task<T>> look, Func<T, bool> holds)
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

            if (TimeProvider.System.GetElapsedTime(start) > Limit)
            {
                throw TooLong(what, value is IEnumerable<object> items ? string.Join('\n', items) : value);
            }

            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    public static TimeoutException TooLong(string what, object? seen) =>
        new($"waited {Limit.TotalSeconds:0} s for {what}; seen last:\n{seen ?? "nothing"}");
}
