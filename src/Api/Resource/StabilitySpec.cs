using System.Text.Json.Serialization;

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

/// <summary>
/// A loss far above its recent values, by the robust z-score over a window: against the median of the newest values, in standard deviations
/// told by the differences of successive ones.
/// </summary>
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

/// <summary>A gradient norm (before clipping) far above its recent values, by the robust z-score of its logarithm over a window.</summary>
public sealed record GradientNormPolicy
{
    /// <summary>Whether it is looked for.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>z-score from which it counts; over 0.</summary>
    public double Threshold { get; set; } = 12;

    /// <summary>Steps in the window; at least 8.</summary>
    public int Window { get; set; } = 64;

    /// <summary>Steps in a row before training counts as unstable; at least 1.</summary>
    public int Patience { get; set; } = 5;
}

/// <summary>Amax gain of the composite residual mapping (arXiv 2512.24880, section 5.4), forward or backward.</summary>
public sealed record GainPolicy
{
    /// <summary>Whether it is looked for; it needs a hyper-connection residual path.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Gain from which it counts; over 1. mHC stays near 1.6, unconstrained HC reaches 3000.</summary>
    public double Threshold { get; set; } = 100;

    /// <summary>
    /// Measurements in a row from which a gain counts beside what another detector finds, or by itself where it is not finite; at least 1.
    /// </summary>
    public int Patience { get; set; } = 5;

    /// <summary>Steps between measurements; at least 1.</summary>
    public int EverySteps { get; set; } = 10;
}

/// <summary>How far the residual mappings of mHC are from doubly stochastic, measured with the gain.</summary>
public sealed record GapPolicy
{
    /// <summary>Whether it is looked for; it needs the residual path Mhc.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>
    /// Distance of a row's sum from 1 from which training is unstable at once; over 0. Rounding makes 1e-6, more is a fault.
    /// </summary>
    public double RowThreshold { get; set; } = 0.01;

    /// <summary>Distance of a column's sum from 1 from which it counts; over 0. 20 iterations leave 0.1 while training is well.</summary>
    public double ColumnThreshold { get; set; } = 0.9;

    /// <summary>
    /// Measurements in a row from which a column counts beside what another detector finds, or by itself where it is not finite; at least
    /// 1.
    /// </summary>
    public int Patience { get; set; } = 5;
}

/// <summary>A loss or gradient that is NaN or infinite.</summary>
public sealed record NonFinitePolicy
{
    /// <summary>Whether it is looked for.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Updates in a row that may be left out before training counts as unstable; at least 0.</summary>
    public int SkipUpdates { get; set; } = 2;
}

/// <summary>What happens when training is found unstable.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StabilityResponse>))]
public enum StabilityResponse
{
    /// <summary>Return to a healthy checkpoint and skip what caused it.</summary>
    Rollback,

    /// <summary>Suspend the job and wait for a person.</summary>
    Suspend,

    /// <summary>Fail the job.</summary>
    Fail,

    /// <summary>Say so, and go on.</summary>
    Observe,
}

/// <summary>How a job goes back.</summary>
public sealed record RollbackPolicy
{
    /// <summary>Rollbacks allowed; at least 0.</summary>
    public int Limit { get; set; } = 3;

    /// <summary>Data steps skipped before the onset and after the detection; at least 0.</summary>
    public int SkipBatches { get; set; } = 8;

    /// <summary>Multiplies the learning rate after each rollback; over 0, at most 1. At 1, halved where new pods have not helped.</summary>
    public double LearningRateFactor { get; set; } = 1.0;

    /// <summary>Healthy steps that give one rollback back; at least 1.</summary>
    public int RefillAfterSteps { get; set; } = 1000;
}
