namespace MhcOperator.Trainer.Stability;

/// <summary>The last values of a series, with the robust statistics that outliers cannot move: median and median absolute deviation.</summary>
/// <param name="capacity">Values kept, at least 1.</param>
internal sealed class RollingWindow(int capacity)
{
    /// <summary>Makes the median absolute deviation of a normal distribution its standard deviation: 1 / Φ⁻¹(3/4).</summary>
    private const double NormalScale = 1.482602218505602;

    private readonly Queue<double> _values = new(capacity);

    /// <summary>Values held.</summary>
    public int Count => _values.Count;

    /// <summary>The values, oldest first.</summary>
    public IReadOnlyList<double> Values => [.. _values];

    /// <summary>Adds a value; the oldest leaves a full window.</summary>
    public void Add(double value)
    {
        if (_values.Count == capacity)
        {
            _values.Dequeue();
        }

        _values.Enqueue(value);
    }

    /// <summary>Replaces the values, oldest first; only the newest that fit are kept.</summary>
    public void Restore(IEnumerable<double> values)
    {
        _values.Clear();
        foreach (var value in values)
        {
            Add(value);
        }
    }

    /// <summary>Median and standard deviation as the median absolute deviation tells it; the window must not be empty.</summary>
    public (double Median, double Deviation) Statistics()
    {
        var sorted = _values.ToArray();
        var median = Median(sorted);
        for (var i = 0; i < sorted.Length; i++)
        {
            sorted[i] = Math.Abs(sorted[i] - median);
        }

        return (median, NormalScale * Median(sorted));
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
