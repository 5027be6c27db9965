namespace MhcOperator.Operator.Tests.Building;

/// <summary>The moment at which tests begin.</summary>
internal static class Clock
{
    public static DateTimeOffset Start { get; } = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset After(double seconds) => Start.AddSeconds(seconds);
}
