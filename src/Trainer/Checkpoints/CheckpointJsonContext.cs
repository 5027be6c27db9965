using System.Text.Json.Serialization;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>JSON of the files in a checkpoint folder.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CheckpointManifest))]
[JsonSerializable(typeof(ManifestVersion))]
[JsonSerializable(typeof(HealthRecord))]
[JsonSerializable(typeof(FenceRecord))]
[JsonSerializable(typeof(ShardOutcome))]
[JsonSerializable(typeof(LedgerEntry[]))]
internal sealed partial class CheckpointJsonContext : JsonSerializerContext;
