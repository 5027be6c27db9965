namespace MhcOperator.Api;

/// <summary>Amax gain of the composite residual mapping (arXiv 2512.24880, section 5.4), forward or backward.</summary>
public sealed record GainPolicy
{
    /// <summary>Whether it is looked for; it needs a hyper-connection residual path.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Gain from which it counts; over 1. mHC stays near 1.6, unconstrained HC reaches 3000.</summary>
    public double Threshold { get; set; } = 100;

    /// <summary>Measurements in a row from which a gain counts beside what another detector finds, or by itself where it is not finite; at least 1.</summary>
    public int Patience { get; set; } = 5;

    /// <summary>Steps between measurements; at least 1.</summary>
    public int EverySteps { get; set; } = 10;
}
