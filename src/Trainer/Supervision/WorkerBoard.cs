using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Supervision;

/// <summary>What is said of the supervised process, and when that was last asked for.</summary>
/// <param name="attempt">Attempt of the first process.</param>
/// <param name="time">Clock.</param>
internal sealed class WorkerBoard(int attempt, TimeProvider time)
{
    /// <summary>No operator takes longer over a gang: whoever still asks is not going to give an order.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private long _askedAt = time.GetTimestamp();
    private long _endedAt = time.GetTimestamp();

    /// <summary>The process as it is; replaced as a whole.</summary>
    public volatile WorkerReport Current = new() { Attempt = attempt };

    /// <summary>Since the process ended, or since somebody last asked; without an end once it has ended long ago.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _endedAt)) < LongestWait
        ? time.GetElapsedTime(Volatile.Read(ref _askedAt)) : TimeSpan.MaxValue;

    /// <summary>Somebody asks.</summary>
    public WorkerReport Ask()
    {
        Volatile.Write(ref _askedAt, time.GetTimestamp());
        return Current;
    }

    /// <summary>A process has begun.</summary>
    public void Began(int attempt) => Current = new WorkerReport { Attempt = attempt };

    /// <summary>It has ended.</summary>
    public void Ended(int exitCode, string message)
    {
        Volatile.Write(ref _askedAt, time.GetTimestamp());
        Volatile.Write(ref _endedAt, time.GetTimestamp());
        Current = Current with { ExitCode = exitCode, Message = message, EndedAt = time.GetUtcNow().UtcDateTime };
    }
}
