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
/// <param name="isLowPriority">Whether a key is of the lower priority, asked when it becomes ready and when it is added again; null: none
/// is.</param>
internal sealed class WorkQueue<TKey>(TimeProvider time, TimeSpan firstRetry, TimeSpan longestRetry, RuntimeMetrics metrics,
    Func<TKey, bool>? isLowPriority = null) : IDisposable
    where TKey : notnull
{
    /// <summary>Every so many keys one comes from the lower priority.</summary>
    public const int Turns = 32;

    private readonly Lock _gate = new();
    private readonly LinkedList<TKey> _ready = [];
    private readonly LinkedList<TKey> _lowPriority = []; // ready too
    private readonly Dictionary<TKey, LinkedListNode<TKey>> _nodes = []; // of both
    private readonly SemaphoreSlim _available = new(0);
    private readonly Dictionary<TKey, long> _waiting = []; // key → when it was added; in ready, or held back while worked on
    private readonly Dictionary<TKey, long> _working = []; // key → when it was taken
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly PriorityQueue<TKey, long> _delayed = new();
    private readonly Dictionary<TKey, long> _due = []; // the entry in delayed that counts; others are leftovers
    private ITimer? _timer;
    private int _turn;
    private bool _disposed;

    /// <summary>Keys that a worker could take now.</summary>
    public int Depth
    {
        get
        {
            lock (_gate)
            {
                return _nodes.Count;
            }
        }
    }

    /// <summary>How long the key that was taken first, of those that are worked on, has been worked on; zero: none is.</summary>
    public TimeSpan OldestUnfinished
    {
        get
        {
            lock (_gate)
            {
                return _working.Count == 0 ? TimeSpan.Zero : time.GetElapsedTime(_working.Values.Min());
            }
        }
    }

    public void Add(TKey key)
    {
        lock (_gate)
        {
            if (_waiting.TryAdd(key, time.GetTimestamp()) && !_working.ContainsKey(key))
            {
                Release(key);
            }
            else if (_nodes.TryGetValue(key, out var node) && node.List == _lowPriority && !IsLowPriority(key))
            {
                _lowPriority.Remove(node);
                _ready.AddLast(node);
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

        lock (_gate)
        {
            var at = time.GetTimestamp() + (long)(Waits.Bounded(delay).TotalSeconds * time.TimestampFrequency);
            if (!_due.TryGetValue(key, out var earlier) || at < earlier)
            {
                _due[key] = at;
                _delayed.Enqueue(key, at);
                SetTimer();
            }
        }
    }

    /// <summary>Adds a key that failed, after a wait that doubles with each failure in a row.</summary>
    public TimeSpan Retry(TKey key)
    {
        int count;
        lock (_gate)
        {
            count = _failures.GetValueOrDefault(key);
            _failures[key] = count + 1;
        }

        var wait = ExponentialBackoff.Delay(count, firstRetry, longestRetry);
        AddAfter(key, wait);
        metrics.Retried();
        return wait;
    }

    /// <summary>The key went well: its next failure is the first.</summary>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>Waits for a key; the caller says <see cref="Done"/> when it has finished with it.</summary>
    public async Task<TKey> TakeAsync(CancellationToken cancel)
    {
        await _available.WaitAsync(cancel);
        lock (_gate)
        {
            _turn = (_turn + 1) % Turns;
            var list = _lowPriority.Count > 0 && (_ready.Count == 0 || _turn == 0) ? _lowPriority : _ready;
            var key = list.First!.Value;
            list.RemoveFirst();
            _nodes.Remove(key);
            _waiting.Remove(key, out var since);
            _working.Add(key, time.GetTimestamp());
            metrics.Taken(time.GetElapsedTime(since), _nodes.Count);
            return key;
        }
    }

    public void Done(TKey key)
    {
        lock (_gate)
        {
            if (_working.Remove(key) && _waiting.ContainsKey(key))
            {
                Release(key);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _timer?.Dispose();
            _available.Dispose();
        }
    }

    private void Release(TKey key)
    {
        if (_disposed)
        {
            return;
        }

        _nodes.Add(key, (IsLowPriority(key) ? _lowPriority : _ready).AddLast(key));
        metrics.Queued(_nodes.Count);
        _available.Release();
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
        if (!_disposed && _delayed.TryPeek(out _, out var next))
        {
            // Rounded up: a timer that fires early would find nothing due.
            var left = Waits.Bounded(
                TimeSpan.FromMilliseconds(Math.Ceiling(time.GetElapsedTime(time.GetTimestamp(), next).TotalMilliseconds)));
            _timer ??= time.CreateTimer(_ => Promote(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(left, Timeout.InfiniteTimeSpan);
        }
    }

    private void Promote()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            while (_delayed.TryPeek(out var key, out var at) && at <= now)
            {
                _delayed.Dequeue();
                if (_due.TryGetValue(key, out var counts) && counts == at)
                {
                    _due.Remove(key);
                    Add(key);
                }
            }

            SetTimer();
        }
    }
}
