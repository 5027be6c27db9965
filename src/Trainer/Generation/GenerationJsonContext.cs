using System.Text.Json.Serialization;

namespace MhcOperator.Trainer.Generation;

/// <summary>JSON of <see cref="ExportedConfiguration"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(ExportedConfiguration))]
internal sealed partial class GenerationJsonContext : JsonSerializerContext;
