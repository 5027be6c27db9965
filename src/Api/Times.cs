namespace MhcOperator.Api;

/// <summary>
/// Arithmetic with times that somebody else has written: in a spec, a status or a report. Any number of seconds is a time, and so is any
/// sum: where the platform's types end, the nearest time that they hold.
/// </summary>
public static class Times
{
    /// <summary>Some 28,000 years; <see cref="TimeSpan"/> holds little more.</summary>
    private const double MostSeconds = 9e11;

    /// <summary>So many seconds; none where it is no number.</summary>
    public static TimeSpan Seconds(double seconds) =>
        double.IsNaN(seconds) ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Clamp(seconds, -MostSeconds, MostSeconds));

    /// <summary>A moment that much later.</summary>
    public static DateTimeOffset Plus(this DateTimeOffset moment, TimeSpan wait) =>
        wait > TimeSpan.Zero
            ? DateTimeOffset.MaxValue - moment < wait ? DateTimeOffset.MaxValue : moment + wait
            : moment - DateTimeOffset.MinValue < wait.Negate() ? DateTimeOffset.MinValue : moment + wait;

    /// <summary>A moment so many seconds later.</summary>
    public static DateTimeOffset PlusSeconds(this DateTimeOffset moment, double seconds) => moment.Plus(Seconds(seconds));
}
