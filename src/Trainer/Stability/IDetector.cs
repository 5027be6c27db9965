namespace MhcOperator.Trainer.Stability;

/// <summary>
/// Looks for one kind of instability. A detector is deterministic: the same observations give the same findings on every rank. It judges
/// first and learns later: <see cref="Observe"/> leaves the detector's reference alone, and <see cref="Learn"/> is called only when no
/// detector was suspicious, so that a runaway cannot become the new normal.
/// </summary>
internal interface IDetector
{
    /// <summary>Names its state in checkpoints.</summary>
    string Name { get; }

    /// <summary>The values it compares with, oldest first; kept in checkpoints, so that a restart is not blind.</summary>
    IReadOnlyList<double> State { get; }

    /// <summary>Judges a step.</summary>
    Finding Observe(in StepObservation step);

    /// <summary>Takes a healthy step into the reference.</summary>
    void Learn(in StepObservation step);

    /// <summary>Sets <see cref="State"/> back to what it was.</summary>
    void Restore(IReadOnlyList<double> state);
}
