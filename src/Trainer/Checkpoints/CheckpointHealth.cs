using System.Text.Json;
using System.Text.Json.Serialization;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Whether a checkpoint is trusted.</summary>
internal enum CheckpointHealth
{
    /// <summary>Committed; nothing is known about what came after it.</summary>
    Candidate,

    /// <summary>Training stayed healthy for long enough after it.</summary>
    Verified,

    /// <summary>Not to be used: it is corrupted, or lies after the point to which training went back.</summary>
    Quarantined,
}

/// <summary>The contract's words for health, in lower case.</summary>
internal sealed class CheckpointHealthJsonConverter() : JsonStringEnumConverter<CheckpointHealth>(JsonNamingPolicy.CamelCase,
    allowIntegerValues: false);

/// <summary>What <c>health.json</c> says.</summary>
internal sealed record HealthRecord
{
    /// <summary>candidate, verified or quarantined.</summary>
    [JsonConverter(typeof(CheckpointHealthJsonConverter))]
    public CheckpointHealth State { get; set; }

    /// <summary>Why, for people.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Since when.</summary>
    public DateTimeOffset Since { get; set; }
}
