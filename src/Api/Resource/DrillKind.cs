using System.Text.Json.Serialization;

namespace MhcOperator.Api;

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
