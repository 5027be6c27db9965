using System.Text.Json.Serialization;

namespace MhcOperator.Api.Contract;

/// <summary>JSON of the files in a checkpoint, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CheckpointManifest))]
[JsonSerializable(typeof(ManifestVersion))]
[JsonSerializable(typeof(HealthRecord))]
internal sealed partial class CheckpointFilesJsonContext : JsonSerializerContext;
