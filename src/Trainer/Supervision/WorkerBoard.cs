using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Supervision;

/// <summary>What is said of the supervised process, and when that was last asked for.</summary>
/// <param name="attempt">Attempt of the first process.</param>
/// <param name="time">Clock.</param>
internal sealed class WorkerBoard(int attempt, TimeProvider time)
{
    private long _askedAt = time.GetTimestamp();

    /// <summary>The process as it is; replaced as a whole.</summary>
    public volatile WorkerReport Current = new() { Attempt = attempt };

    /// <summary>Since the process ended, or since somebody last asked.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _askedAt));

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
        Current = Current with { ExitCode = exitCode, Message = message, EndedAt = time.GetUtcNow().UtcDateTime };
    }
}
