namespace MhcOperator.Api;

/// <summary>How far the residual mappings of mHC are from doubly stochastic, measured with the gain.</summary>
public sealed record GapPolicy
{
    /// <summary>Whether it is looked for; it needs the residual path Mhc.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Distance of a row's sum from 1 from which training is unstable at once; over 0. Rounding makes 1e-6, more is a fault.</summary>
    public double RowThreshold { get; set; } = 0.01;

    /// <summary>Distance of a column's sum from 1 from which it counts; over 0. 20 iterations leave 0.1 while training is well.</summary>
    public double ColumnThreshold { get; set; } = 0.9;

    /// <summary>
    /// Measurements in a row from which a column counts beside what another detector finds, or by itself where it is not finite; at least 1.
    /// </summary>
    public int Patience { get; set; } = 5;
}
