namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Holds requests back to so many a second, in the order in which they come. What is not used is saved up, to a burst (token bucket, as
/// clients of Kubernetes written in Go have it). System.Threading.RateLimiting has the bucket too, but goes by the machine's clock alone.
/// </summary>
/// <param name="perSecond">Requests a second; above 0.</param>
/// <param name="burst">Requests that may go at once after a time without any; at least 1.</param>
/// <param name="time">Clock.</param>
internal sealed class RequestRate(double perSecond, int burst, TimeProvider time)
{
    private readonly Lock _gate = new();
    private double _saved = burst; // less than none: so many are promised to requests that wait
    private long _savedAt = time.GetTimestamp();

    /// <summary>Done when the next request may go.</summary>
    public Task WaitAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _saved = Math.Min(burst, _saved + (time.GetElapsedTime(_savedAt, now).TotalSeconds * perSecond)) - 1;
            _savedAt = now;
            return _saved >= 0 ? Task.CompletedTask : Task.Delay(Waits.Bounded(TimeSpan.FromSeconds(-_saved / perSecond)), time, cancel);
        }
    }
}
