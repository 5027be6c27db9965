using System.Text.Json.Serialization;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>JSON of what only trainers read: the fence of a checkpoint folder, and what ranks tell each other of checkpoints.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FenceRecord))]
[JsonSerializable(typeof(ShardOutcome))]
[JsonSerializable(typeof(LedgerEntry[]))]
internal sealed partial class CheckpointJsonContext : JsonSerializerContext;
