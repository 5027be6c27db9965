using MhcOperator.Api;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Keys waiting for work. A key is in the queue once, however often it was added; it is never given to two workers at
/// once; added while it is worked on, it comes once more afterwards. Keys are never dropped before the queue is disposed; timers and
/// watches that are still at work then may go on adding them.
/// No wait is longer than <see cref="Waits.Longest"/>: whoever asked for a longer one is given the key then, and asks again.
/// There are two priorities. Every <see cref="Turns"/>-th key comes from the lower one while it has any, so that neither starves.
/// </summary>
/// <param name="time">Clock.</param>
/// <param name="firstRetry">Wait after a failure.</param>
/// <param name="longestRetry">Longest wait after many.</param>
/// <param name="metrics">Told of the depth and the time that keys wait.</param>
/// <param name="isLowPriority">Whether a key is of the lower priority, asked when it becomes ready and when it is added again; null: none is.</param>
internal sealed class WorkQueue<TKey>(TimeProvider time, TimeSpan firstRetry, TimeSpan longestRetry, RuntimeMetrics metrics, Func<TKey, bool>? isLowPriority = null) : IDisposable
    where TKey : notnull
{
    /// <summary>Every so many keys one comes from the lower priority.</summary>
    public const int Turns = 32;

    private readonly Lock gate = new();
    private readonly LinkedList<TKey> ready = [];
    private readonly LinkedList<TKey> lowPriority = []; // ready too
    private readonly Dictionary<TKey, LinkedListNode<TKey>> nodes = []; // of both
    private readonly SemaphoreSlim available = new(0);
    private readonly Dictionary<TKey, long> waiting = []; // key → when it was added; in ready, or held back while worked on
    private readonly Dictionary<TKey, long> working = []; // key → when it was taken
    private readonly Dictionary<TKey, int> failures = [];
    private readonly PriorityQueue<TKey, long> delayed = new();
    private readonly Dictionary<TKey, long> due = []; // the entry in delayed that counts; others are leftovers
    private ITimer? timer;
    private int turn;
    private bool disposed;

    /// <summary>Keys that a worker could take now.</summary>
    public int Depth
    {
        get
        {
            lock (gate)
            {
                return nodes.Count;
            }
        }
    }

    /// <summary>How long the key that was taken first, of those that are worked on, has been worked on; zero: none is.</summary>
    public TimeSpan OldestUnfinished
    {
        get
        {
            lock (gate)
            {
                return working.Count == 0 ? TimeSpan.Zero : time.GetElapsedTime(working.Values.Min());
            }
        }
    }

    public void Add(TKey key)
    {
        lock (gate)
        {
            if (waiting.TryAdd(key, time.GetTimestamp()) && !working.ContainsKey(key))
            {
                Release(key);
            }
            else if (nodes.TryGetValue(key, out var node) && node.List == lowPriority && !IsLowPriority(key))
            {
                lowPriority.Remove(node);
                ready.AddLast(node);
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
            var at = time.GetTimestamp() + (long)(Waits.Bounded(delay).TotalSeconds * time.TimestampFrequency);
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
        int count;
        lock (gate)
        {
            count = failures.GetValueOrDefault(key);
            failures[key] = count + 1;
        }

        var wait = ExponentialBackoff.Delay(count, firstRetry, longestRetry);
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
            turn = (turn + 1) % Turns;
            var list = lowPriority.Count > 0 && (ready.Count == 0 || turn == 0) ? lowPriority : ready;
            var key = list.First!.Value;
            list.RemoveFirst();
            nodes.Remove(key);
            waiting.Remove(key, out var since);
            working.Add(key, time.GetTimestamp());
            metrics.Taken(time.GetElapsedTime(since), nodes.Count);
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
            disposed = true;
            timer?.Dispose();
            available.Dispose();
        }
    }

    private void Release(TKey key)
    {
        if (disposed)
        {
            return;
        }

        nodes.Add(key, (IsLowPriority(key) ? lowPriority : ready).AddLast(key));
        metrics.Queued(nodes.Count);
        available.Release();
    }

    private bool IsLowPriority(TKey key)
    {
        try
        {
            return isLowPriority?.Invoke(key) == true;
        }
        catch (Exception) // it is asked in callbacks of timers and watches, in which an exception would end the process
        {
            return false;
        }
    }

    private void SetTimer()
    {
        if (!disposed && delayed.TryPeek(out _, out var next))
        {
            // Rounded up: a timer that fires early would find nothing due.
            var left = Waits.Bounded(TimeSpan.FromMilliseconds(Math.Ceiling(time.GetElapsedTime(time.GetTimestamp(), next).TotalMilliseconds)));
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
