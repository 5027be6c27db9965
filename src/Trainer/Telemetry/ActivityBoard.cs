namespace MhcOperator.Trainer.Telemetry;

/// <summary>What the training thread is at, for those who ask why nothing moves. That thread alone writes it.</summary>
internal sealed class ActivityBoard(TimeProvider time)
{
    private volatile Activity _current = new("getting ready", 0, time.GetUtcNow());

    /// <summary>What it is at now.</summary>
    public Activity Current => _current;

    /// <summary>It turns to something else.</summary>
    /// <param name="what">In words, as "training is …".</param>
    /// <param name="step">The step that it belongs to, from 1.</param>
    public void Begin(string what, int step) => _current = new Activity(what, step, time.GetUtcNow());

    /// <summary>Something that takes a while.</summary>
    /// <param name="What">In words.</param>
    /// <param name="Step">The step that it belongs to; 0: before the first.</param>
    /// <param name="Since">When it began.</param>
    internal sealed record Activity(string What, int Step, DateTimeOffset Since);
}
