namespace MhcOperator.Trainer.Stability;

/// <summary>
/// Looks for one kind of instability. A detector is deterministic: the same observations give the same findings on every rank. It judges
/// first and learns later: <see cref="Observe"/> leaves the values that it compares with alone, and <see cref="Learn"/> is called only when
/// no detector was suspicious, so that a runaway cannot become the new normal.
/// </summary>
internal interface IDetector
{
    /// <summary>Judges a step.</summary>
    Finding Observe(in StepObservation step);

    /// <summary>
    /// Puts the values from which on a step would be suspicious now where the metrics tell them, by the name of the value; none while it
    /// judges nothing, or no value alone.
    /// </summary>
    void Limit(IDictionary<string, double> limits)
    {
    }

    /// <summary>Takes a healthy step into what it compares with; nothing where it compares with fixed values alone.</summary>
    void Learn(in StepObservation step)
    {
    }

    /// <summary>Puts what it compares with into a checkpoint's memory, so that a restart is not blind; nothing likewise.</summary>
    void Save(IDictionary<string, IReadOnlyList<double>> memory)
    {
    }

    /// <summary>Takes it from there; what is missing is as at the beginning.</summary>
    void Restore(IReadOnlyDictionary<string, IReadOnlyList<double>> memory)
    {
    }
}
