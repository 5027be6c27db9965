using System.Text.Json.Serialization;

namespace MhcOperator.Trainer.Data;

/// <summary>JSON of <see cref="PreparedData"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(PreparedData))]
internal sealed partial class PreparationJsonContext : JsonSerializerContext;
