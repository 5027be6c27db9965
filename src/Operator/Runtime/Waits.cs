namespace MhcOperator.Operator.Runtime;

/// <summary>
/// The one place that bounds waits. A timer takes no more than 49.7 days and nothing below zero; a job may ask for 68 years, and a clock
/// that is read twice may make a wait negative. Whoever has waited for the longest time looks again, and waits again.
/// </summary>
internal static class Waits
{
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Not below zero, not above <see cref="Longest"/>.</summary>
    public static TimeSpan Bounded(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : wait;
}
