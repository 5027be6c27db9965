using System.Text.Json;
using System.Text.Json.Serialization;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>The contract's words for health, in lower case.</summary>
internal sealed class CheckpointHealthJsonConverter() : JsonStringEnumConverter<CheckpointHealth>(JsonNamingPolicy.CamelCase, allowIntegerValues: false);
