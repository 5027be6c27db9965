namespace MhcOperator.Api;

/// <summary>A loss far above its recent values, by the robust z-score over a window: against the median of the newest values, in standard deviations told by the differences of successive ones.</summary>
public sealed record LossSpikePolicy
{
    /// <summary>Whether it is looked for.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>z-score from which it counts; over 0.</summary>
    public double Threshold { get; set; } = 8;

    /// <summary>Steps in the window; at least 8.</summary>
    public int Window { get; set; } = 64;

    /// <summary>Steps in a row before training counts as unstable; at least 1.</summary>
    public int Patience { get; set; } = 3;
}
