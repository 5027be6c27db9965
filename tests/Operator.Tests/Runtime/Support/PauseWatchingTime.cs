using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>
/// A clock that stands still, and knows who waits for it. Tests let it go on only when what they test has begun to wait:
/// time that passes before is lost on it, and how much passes meanwhile would depend on how busy the machine is.
/// </summary>
internal sealed class PauseWatchingTime : FakeTimeProvider
{
    private readonly Lock _gate = new();
    private readonly Dictionary<WatchedTimer, (TimeSpan Length, DateTimeOffset Due)> _waiting = [];

    /// <summary>Whether somebody has begun to wait this long since time last went on.</summary>
    public bool IsPausedFor(TimeSpan length) => IsAny(wait => wait.Length == length && wait.Due == GetUtcNow() + length);

    /// <summary>Whether somebody is in a wait of this length.</summary>
    public bool IsWaiting(TimeSpan length) => IsAny(wait => wait.Length == length);

    /// <summary>Goes on to the end of the next wait of at most this length; false where there is none.</summary>
    public bool TryPass(TimeSpan longest)
    {
        DateTimeOffset due;
        lock (_gate)
        {
            var ends = _waiting.Values.Where(wait => wait.Length <= longest).Select(wait => wait.Due).ToList();
            if (ends.Count == 0)
            {
                return false;
            }

            due = ends.Min();
        }

        Advance(due > GetUtcNow() ? due - GetUtcNow() : TimeSpan.Zero);
        return true;
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var watched = new WatchedTimer(this, callback);
        watched.Timer = base.CreateTimer(watched.Fire, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        watched.Change(dueTime, period);
        return watched;
    }

    private bool IsAny(Func<(TimeSpan Length, DateTimeOffset Due), bool> match)
    {
        lock (_gate)
        {
            return _waiting.Values.Any(match);
        }
    }

    private sealed class WatchedTimer(PauseWatchingTime owner, TimerCallback callback) : ITimer
    {
        public ITimer Timer { get; set; } = null!;

        public void Fire(object? state)
        {
            Note(Timeout.InfiniteTimeSpan);
            callback(state);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == TimeSpan.Zero)
            {
                Note(Timeout.InfiniteTimeSpan);
                return Timer.Change(dueTime, period); // fires at once
            }

            lock (owner._gate)
            {
                var changed = Timer.Change(dueTime, period); // who sees the wait may let time go on: it must have begun
                Note(dueTime);
                return changed;
            }
        }

        public void Dispose()
        {
            Note(Timeout.InfiniteTimeSpan);
            Timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Note(Timeout.InfiniteTimeSpan);
            return Timer.DisposeAsync();
        }

        private void Note(TimeSpan length)
        {
            lock (owner._gate)
            {
                if (length == Timeout.InfiniteTimeSpan)
                {
                    owner._waiting.Remove(this);
                }
                else
                {
                    owner._waiting[this] = (length, owner.GetUtcNow() + length);
                }
            }
        }
    }
}
