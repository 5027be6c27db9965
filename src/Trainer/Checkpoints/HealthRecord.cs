using System.Text.Json.Serialization;

namespace MhcOperator.Trainer.Checkpoints;

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
