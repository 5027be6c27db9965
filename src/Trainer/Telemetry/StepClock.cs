namespace MhcOperator.Trainer.Telemetry;

/// <summary>Seconds per step over the recent steps.</summary>
internal sealed class StepClock(TimeProvider time)
{
    private const int Steps = 20;

    private readonly Queue<long> _ends = new();

    /// <summary>Mean of the recent steps; 0 before the first.</summary>
    public double SecondsPerStep { get; private set; }

    /// <summary>A step ends now. The first call only starts the clock.</summary>
    public void Tick()
    {
        var now = time.GetTimestamp();
        _ends.Enqueue(now);
        if (_ends.Count > Steps + 1)
        {
            _ends.Dequeue();
        }

        if (_ends.Count > 1)
        {
            SecondsPerStep = time.GetElapsedTime(_ends.Peek(), now).TotalSeconds / (_ends.Count - 1);
        }
    }
}
