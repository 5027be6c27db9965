using System.Text.Json;

namespace MhcOperator.Api.Contract;

/// <summary>What <c>manifest.json</c> says: everything of a checkpoint but the tensors.</summary>
public sealed record CheckpointManifest
{
    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the layout.</summary>
    public int Version { get; set; } = CurrentVersion;

    /// <summary>Namespace and name of the job that wrote it.</summary>
    public string Job { get; set; } = "";

    /// <summary>Attempt that wrote it.</summary>
    public int Attempt { get; set; }

    /// <summary>When.</summary>
    public DateTimeOffset SavedAt { get; set; }

    /// <summary>Updates done.</summary>
    public int Step { get; set; }

    /// <summary>The next data step.</summary>
    public long DataStep { get; set; }

    /// <summary>Tokens trained on so far, over all ranks.</summary>
    public long Tokens { get; set; }

    /// <summary>Training loss of the last update, nats per token; null where not finite.</summary>
    public double? Loss { get; set; }

    /// <summary>Loss of these weights on data kept back, nats per token; null where it was not measured.</summary>
    public double? ValidationLoss { get; set; }

    /// <summary>Ranks that wrote it; it can be loaded by another number.</summary>
    public int WorldSize { get; set; }

    /// <summary>The model, so that it can be used without the job.</summary>
    public ModelSpec Model { get; set; } = new();

    /// <summary>Token numbers.</summary>
    public int Vocabulary { get; set; }

    /// <summary>What the tokens were made with.</summary>
    public Tokenizer Tokenizer { get; set; } = Tokenizer.Bytes;

    /// <summary>What the data was: text of bytes can be written again, bare numbers cannot; null in manifests that do not say it.</summary>
    public DataFormat? Format { get; set; }

    /// <summary>Share of the data that was kept back; null where it is not said.</summary>
    public double? ValidationFraction { get; set; }

    /// <summary>Samples that a measurement of <see cref="ValidationLoss"/> takes; 0: none is kept back, or it is not said.</summary>
    public long ValidationSamples { get; set; }

    /// <summary>Seed of the data order.</summary>
    public long Seed { get; set; }

    /// <summary>Samples of one data step; with <see cref="Samples"/> and <see cref="Seed"/> it fixes the data order.</summary>
    public int BatchSamples { get; set; }

    /// <summary>Samples in the data set.</summary>
    public long Samples { get; set; }

    /// <summary>Tells the data from other data; null in checkpoints of programs that did not say.</summary>
    public string? DataSha256 { get; set; }

    /// <summary>What the stability detectors compare with, by detector.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Stability { get; set; } =
        new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);

    /// <summary>SHA-256 over all weights (docs/trainer-contract.md).</summary>
    public string WeightsSha256 { get; set; } = "";

    /// <summary>The files, by rank.</summary>
    public IReadOnlyList<ShardRecord> Shards { get; set; } = [];

    /// <summary>Reads one of <see cref="CurrentVersion"/>; null where the JSON is null. What it says may be of no checkpoint.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static CheckpointManifest? Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, CheckpointFilesJsonContext.Default.CheckpointManifest);

    /// <summary>Version of a manifest of whatever version; null where the JSON is null.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static int? VersionOf(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, CheckpointFilesJsonContext.Default.ManifestVersion)?.Version;

    /// <summary>The content of the file, UTF-8.</summary>
    public byte[] Render() => JsonSerializer.SerializeToUtf8Bytes(this, CheckpointFilesJsonContext.Default.CheckpointManifest);
}

/// <summary>One rank's file in a checkpoint.</summary>
/// <param name="File">Name in the checkpoint's folder.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash, lower-case hexadecimal.</param>
public sealed record ShardRecord(string File, long Bytes, string Sha256);

/// <summary>What every version of a manifest says.</summary>
/// <param name="Version">Version of the layout.</param>
internal sealed record ManifestVersion(int Version);
