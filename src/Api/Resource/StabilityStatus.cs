namespace MhcOperator.Api;

/// <summary>Whether training is healthy.</summary>
public sealed record StabilityStatus
{
    /// <summary>Unknown, Healthy, Suspicious or Unstable.</summary>
    public string State { get; set; } = "Unknown";

    /// <summary>Residual gain; absent for a plain residual path.</summary>
    public GainStatus? Gain { get; set; }

    /// <summary>Distance of residual mappings from doubly stochastic; absent but for mHC.</summary>
    public GapStatus? Gap { get; set; }
}
