namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Keys waiting for work. A key is in the queue once, however often it was added; it is never given to two workers at
/// once; added while it is worked on, it comes once more afterwards. Keys are never dropped.
/// </summary>
internal sealed class WorkQueue<TKey>(TimeProvider time, TimeSpan firstRetry, TimeSpan longestRetry, RuntimeMetrics metrics) : IDisposable
    where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly Queue<TKey> ready = [];
    private readonly SemaphoreSlim available = new(0);
    private readonly Dictionary<TKey, long> waiting = []; // key → when it was added; in ready, or held back while worked on
    private readonly HashSet<TKey> working = [];
    private readonly Dictionary<TKey, int> failures = [];
    private readonly PriorityQueue<TKey, long> delayed = new();
    private readonly Dictionary<TKey, long> due = []; // the entry in delayed that counts; others are leftovers
    private ITimer? timer;

    /// <summary>Keys that a worker could take now.</summary>
    public int Depth
    {
        get
        {
            lock (gate)
            {
                return ready.Count;
            }
        }
    }

    public void Add(TKey key)
    {
        lock (gate)
        {
            if (waiting.TryAdd(key, time.GetTimestamp()) && !working.Contains(key))
            {
                Release(key);
            }
        }
    }

    /// <summary>Adds a key later; of several delays of one key the shortest counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        lock (gate)
        {
            var at = time.GetTimestamp() + (long)(delay.TotalSeconds * time.TimestampFrequency);
            if (!due.TryGetValue(key, out var earlier) || at < earlier)
            {
                due[key] = at;
                delayed.Enqueue(key, at);
                SetTimer();
            }
        }
    }

    /// <summary>Adds a key that failed, after a wait that doubles with each failure in a row.</summary>
    public TimeSpan Retry(TKey key)
    {
        double factor;
        lock (gate)
        {
            var count = failures.GetValueOrDefault(key);
            failures[key] = count + 1;
            factor = Math.Pow(2, Math.Min(count, 40));
        }

        var wait = factor * firstRetry < longestRetry ? factor * firstRetry : longestRetry;
        AddAfter(key, wait);
        metrics.Retried();
        return wait;
    }

    /// <summary>The key went well: its next failure is the first.</summary>
    public void Forget(TKey key)
    {
        lock (gate)
        {
            failures.Remove(key);
        }
    }

    /// <summary>Waits for a key; the caller says <see cref="Done"/> when it has finished with it.</summary>
    public async Task<TKey> TakeAsync(CancellationToken cancel)
    {
        await available.WaitAsync(cancel);
        lock (gate)
        {
            var key = ready.Dequeue();
            waiting.Remove(key, out var since);
            working.Add(key);
            metrics.Taken(time.GetElapsedTime(since), ready.Count);
            return key;
        }
    }

    public void Done(TKey key)
    {
        lock (gate)
        {
            if (working.Remove(key) && waiting.ContainsKey(key))
            {
                Release(key);
            }
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            timer?.Dispose();
            available.Dispose();
        }
    }

    private void Release(TKey key)
    {
        ready.Enqueue(key);
        metrics.Queued(ready.Count);
        available.Release();
    }

    private void SetTimer()
    {
        if (delayed.TryPeek(out _, out var next))
        {
            // Rounded up: a timer that fires early would find nothing due.
            var left = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, time.GetElapsedTime(time.GetTimestamp(), next).TotalMilliseconds)));
            timer ??= time.CreateTimer(_ => Promote(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            timer.Change(left, Timeout.InfiniteTimeSpan);
        }
    }

    private void Promote()
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            while (delayed.TryPeek(out var key, out var at) && at <= now)
            {
                delayed.Dequeue();
                if (due.TryGetValue(key, out var counts) && counts == at)
                {
                    due.Remove(key);
                    Add(key);
                }
            }

            SetTimer();
        }
    }
}
