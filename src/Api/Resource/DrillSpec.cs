using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>A rehearsed failure.</summary>
public sealed record DrillSpec
{
    /// <summary>Which.</summary>
    public DrillKind Kind { get; set; } = DrillKind.Crash;

    /// <summary>Update (for PoisonBatches: data step) at which it begins; at least 1.</summary>
    public int Step { get; set; } = 1;

    /// <summary>How many steps it lasts; at least 1.</summary>
    public int Steps { get; set; } = 1;

    /// <summary>Factor of LearningRateSpike; over 1.</summary>
    public double Factor { get; set; } = 1000;

    /// <summary>Rank that Crash, Hang and NonFiniteGradient hit; at least 0.</summary>
    public int Rank { get; set; }

    /// <summary>
    /// It happens in this many attempts, counted from the first; at least 1. PoisonBatches does not depend on the attempt.
    /// </summary>
    public int Attempts { get; set; } = 1;
}

/// <summary>Which failure is rehearsed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DrillKind>))]
public enum DrillKind
{
    /// <summary>The learning rate is multiplied by `factor` for `steps` steps.</summary>
    LearningRateSpike,

    /// <summary>The batches of `steps` data steps are replaced by noise.</summary>
    PoisonBatches,

    /// <summary>One gradient element becomes NaN.</summary>
    NonFiniteGradient,

    /// <summary>The process ends with SIGKILL.</summary>
    Crash,

    /// <summary>The process stops making progress.</summary>
    Hang,

    /// <summary>A byte of the newest checkpoint is changed.</summary>
    CorruptCheckpoint,
}
