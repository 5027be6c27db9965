namespace MhcOperator.Api;

/// <summary>A loss or gradient that is NaN or infinite.</summary>
public sealed record NonFinitePolicy
{
    /// <summary>Whether it is looked for.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Updates in a row that may be left out before training counts as unstable; at least 0.</summary>
    public int SkipUpdates { get; set; } = 2;
}
