namespace MhcOperator.Api;

/// <summary>Waits that double with each failure in a row.</summary>
public static class ExponentialBackoff
{
    /// <param name="failures">Before this one.</param>
    /// <param name="first">Wait after the first failure.</param>
    /// <param name="longest">None is longer.</param>
    public static TimeSpan Delay(int failures, TimeSpan first, TimeSpan longest)
    {
        var ticks = first.Ticks * Math.Pow(2, Math.Clamp(failures, 0, 64));
        return ticks < longest.Ticks ? TimeSpan.FromTicks((long)ticks) : longest;
    }
}
