namespace MhcOperator.Api;

/// <summary>What counts as unstable, and what is done about it.</summary>
public sealed record StabilitySpec
{
    /// <summary>What is done.</summary>
    public StabilityResponse Response { get; set; } = StabilityResponse.Rollback;

    /// <summary>Loss spikes.</summary>
    public LossSpikePolicy LossSpike { get; set; } = new();

    /// <summary>Gradient spikes.</summary>
    public GradientNormPolicy GradientNorm { get; set; } = new();

    /// <summary>Residual gain.</summary>
    public GainPolicy Gain { get; set; } = new();

    /// <summary>Distance of residual mappings from doubly stochastic.</summary>
    public GapPolicy Gap { get; set; } = new();

    /// <summary>NaN and infinity.</summary>
    public NonFinitePolicy NonFinite { get; set; } = new();

    /// <summary>How the job goes back.</summary>
    public RollbackPolicy Rollback { get; set; } = new();
}
