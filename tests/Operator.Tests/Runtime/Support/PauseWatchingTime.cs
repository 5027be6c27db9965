using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>A clock that stands still, and knows whether somebody has begun to wait at the time that it shows.</summary>
internal sealed class PauseWatchingTime : FakeTimeProvider
{
    private readonly ConcurrentDictionary<TimeSpan, DateTimeOffset> begun = new();

    /// <summary>Whether a timer of this length was made since time last went on.</summary>
    public bool IsPausedFor(TimeSpan length) => begun.TryGetValue(length, out var at) && at == GetUtcNow();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        begun[dueTime] = GetUtcNow();
        return timer;
    }
}
