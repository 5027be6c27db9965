using System.Text.Json;
using System.Text.Json.Serialization;

namespace MhcOperator.Api.Contract;

/// <summary>What <c>health.json</c> says.</summary>
public sealed record HealthRecord
{
    /// <summary>candidate, verified or quarantined.</summary>
    [JsonConverter(typeof(CheckpointHealthJsonConverter))]
    public CheckpointHealth State { get; set; }

    /// <summary>Why, for people.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Since when.</summary>
    public DateTimeOffset Since { get; set; }

    /// <summary>Reads one of this version; null where the JSON is null.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static HealthRecord? Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, CheckpointFilesJsonContext.Default.HealthRecord);

    /// <summary>The content of the file, UTF-8.</summary>
    public byte[] Render() => JsonSerializer.SerializeToUtf8Bytes(this, CheckpointFilesJsonContext.Default.HealthRecord);
}
