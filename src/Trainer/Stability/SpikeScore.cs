namespace MhcOperator.Trainer.Stability;

/// <summary>
/// How far a value lies above a window, in robust standard deviations. Besides the window's own median it is compared with the lowest
/// median that was seen, so that a rise too slow to stand out in a window that follows it is found as well.
/// </summary>
/// <param name="window">Steps in the window.</param>
/// <param name="floor">Least standard deviation for a median: a window without variance must not make every value a spike.</param>
internal sealed class SpikeScore(int window, Func<double, double> floor)
{
    private readonly RollingWindow _window = new(window);
    private (double Median, double Deviation)? _best;

    /// <summary>Values needed before anything is judged, and values that the present level is taken of.</summary>
    public int WarmUp { get; } = Math.Max(8, window / 4);

    /// <summary>The window's values, oldest first; once there are enough to judge by, after the best median and its deviation.</summary>
    public IReadOnlyList<double> State => _best is { } best ? [best.Median, best.Deviation, .. _window.Values] : _window.Values;

    /// <summary>The z-score of a value; null during the warm-up.</summary>
    public double? Of(double value)
    {
        if (_window.Count < WarmUp)
        {
            return null;
        }

        var recent = Score(value, _window.Statistics(WarmUp));
        // One bad batch a little above the best level is no runaway: against the best median twice the distance is asked for.
        return _best is { } best ? Math.Max(recent, Score(value, best) / 2) : recent;
    }

    /// <summary>The least value that has this z-score; null during the warm-up.</summary>
    public double? At(double score)
    {
        if (_window.Count < WarmUp)
        {
            return null;
        }

        var recent = ValueAt(score, _window.Statistics(WarmUp));
        return _best is { } best ? Math.Min(recent, ValueAt(2 * score, best)) : recent;
    }

    /// <summary>Takes a value into the window.</summary>
    public void Learn(double value)
    {
        _window.Add(value);
        if (_window.Count >= WarmUp)
        {
            var statistics = _window.Statistics(WarmUp);
            if (_best is not { } best || statistics.Median < best.Median)
            {
                _best = statistics;
            }
        }
    }

    /// <summary>Sets <see cref="State"/>.</summary>
    public void Restore(IReadOnlyList<double> state)
    {
        var judges = state.Count >= WarmUp;
        _best = judges ? (state[0], state[1]) : null;
        _window.Restore(judges ? state.Skip(2) : state);
    }

    private double ValueAt(double score, (double Median, double Deviation) reference) =>
        reference.Median + (score * Math.Max(reference.Deviation, floor(reference.Median)));

    private double Score(double value, (double Median, double Deviation) reference) =>
        (value - reference.Median) / Math.Max(reference.Deviation, floor(reference.Median));
}
