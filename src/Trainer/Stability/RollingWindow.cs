namespace MhcOperator.Trainer.Stability;

/// <summary>The last values of a series, with robust statistics, which outliers cannot move.</summary>
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

    /// <summary>
    /// Where the series is and how much it scatters: the median of its newest values, and the standard deviation as the median absolute
    /// deviation of successive differences tells it. Differences do not see a trend, which in the first steps of training is far larger
    /// than the scatter; for independent values their deviation is √2 times that of the values.
    /// </summary>
    /// <param name="newest">Values that the median is taken of; the window must hold at least two.</param>
    public (double Median, double Deviation) Statistics(int newest)
    {
        var values = _values.ToArray();
        var differences = new double[values.Length - 1];
        for (var i = 0; i < differences.Length; i++)
        {
            differences[i] = values[i + 1] - values[i];
        }

        var center = Median(differences);
        for (var i = 0; i < differences.Length; i++)
        {
            differences[i] = Math.Abs(differences[i] - center);
        }

        return (Median(values[Math.Max(0, values.Length - newest)..]), NormalScale / Math.Sqrt(2) * Median(differences));
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
