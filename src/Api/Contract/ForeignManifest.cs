using System.Text.Json;
using System.Text.Json.Nodes;

namespace MhcOperator.Api.Contract;

/// <summary>
/// A <see cref="CheckpointManifest"/> as any trainer of any version may have written it, for whoever lists checkpoints: a field may be
/// absent, others may be there, and one of another type fails where it is asked for, with an <see cref="InvalidOperationException"/> or a
/// <see cref="FormatException"/>.
/// </summary>
public sealed class ForeignManifest
{
    private readonly ForeignRecord _fields;

    private ForeignManifest(ForeignRecord fields) => _fields = fields;

    /// <summary>NAMESPACE/NAME of the job that wrote it.</summary>
    public string? Job => _fields[nameof(CheckpointManifest.Job)]?.GetValue<string>();

    /// <summary>Attempt that wrote it.</summary>
    public int? Attempt => _fields[nameof(CheckpointManifest.Attempt)]?.GetValue<int>();

    /// <summary>Ranks that wrote it.</summary>
    public int? WorldSize => _fields[nameof(CheckpointManifest.WorldSize)]?.GetValue<int>();

    /// <summary>Tokens trained on.</summary>
    public long? Tokens => _fields[nameof(CheckpointManifest.Tokens)]?.GetValue<long>();

    /// <summary>Training loss, nats per token.</summary>
    public double? Loss => _fields[nameof(CheckpointManifest.Loss)]?.GetValue<double>();

    /// <summary>Loss on data kept back, nats per token.</summary>
    public double? ValidationLoss => _fields[nameof(CheckpointManifest.ValidationLoss)]?.GetValue<double>();

    /// <summary>When.</summary>
    public DateTimeOffset? SavedAt => _fields[nameof(CheckpointManifest.SavedAt)]?.GetValue<DateTimeOffset>();

    /// <summary>The files, by rank.</summary>
    public IEnumerable<ForeignShard> Shards =>
        (_fields[nameof(CheckpointManifest.Shards)]?.AsArray() ?? []).Select(shard => new ForeignShard(shard));

    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static ForeignManifest Parse(ReadOnlySpan<byte> json) => new(ForeignRecord.Parse(json, CheckpointLayout.ManifestName));
}

/// <summary>A <see cref="ShardRecord"/> in a <see cref="ForeignManifest"/>.</summary>
public sealed class ForeignShard
{
    private readonly ForeignRecord _fields;

    internal ForeignShard(JsonNode? json) => _fields = new ForeignRecord(json);

    /// <summary>Name in the checkpoint's folder.</summary>
    public string? File => _fields[nameof(ShardRecord.File)]?.GetValue<string>();

    /// <summary>Its size.</summary>
    public long? Bytes => _fields[nameof(ShardRecord.Bytes)]?.GetValue<long>();

    /// <summary>Its hash, lower-case hexadecimal.</summary>
    public string? Sha256 => _fields[nameof(ShardRecord.Sha256)]?.GetValue<string>();
}

/// <summary>A <see cref="HealthRecord"/> as any trainer may have written it.</summary>
public sealed class ForeignHealth
{
    private readonly ForeignRecord _fields;

    private ForeignHealth(ForeignRecord fields) => _fields = fields;

    /// <summary>A word of <see cref="CheckpointHealth"/>, or another.</summary>
    public string? State => _fields[nameof(HealthRecord.State)]?.GetValue<string>();

    /// <summary>Why, for people.</summary>
    public string? Reason => _fields[nameof(HealthRecord.Reason)]?.GetValue<string>();

    /// <summary>Reads one.</summary>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static ForeignHealth Parse(ReadOnlySpan<byte> json) => new(ForeignRecord.Parse(json, CheckpointLayout.HealthName));
}

/// <summary>Fields of a JSON object, by the properties of the record that it would be.</summary>
internal readonly struct ForeignRecord(JsonNode? json)
{
    /// <summary>The value of a property; null: it is absent or null.</summary>
    public JsonNode? this[string property] => json?[JsonNamingPolicy.CamelCase.ConvertName(property)];

    public static ForeignRecord Parse(ReadOnlySpan<byte> json, string file) =>
        new(JsonNode.Parse(json) as JsonObject ?? throw new JsonException($"{file}: expected a JSON object"));
}
