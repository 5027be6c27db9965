using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>What is trained on.</summary>
public sealed record DataSpec
{
    /// <summary>Where it is.</summary>
    public DataSource Source { get; set; } = new();

    /// <summary>What the files hold.</summary>
    public DataFormat Format { get; set; } = DataFormat.Text;

    /// <summary>How text becomes tokens.</summary>
    public Tokenizer Tokenizer { get; set; } = Tokenizer.Bytes;

    /// <summary>Share kept back for validation, from the end; at least 0, under 1.</summary>
    public double ValidationFraction { get; set; } = 0.01;
}

/// <summary>What the data files hold.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DataFormat>))]
public enum DataFormat
{
    /// <summary>UTF-8 text.</summary>
    Text,

    /// <summary>Token numbers, little-endian uint16 or uint32.</summary>
    Tokens,
}

/// <summary>How text becomes tokens.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Tokenizer>))]
public enum Tokenizer
{
    /// <summary>One token a byte.</summary>
    Bytes,

    /// <summary>The cl100k_base byte-pair encoding.</summary>
    Cl100k,

    /// <summary>The o200k_base byte-pair encoding.</summary>
    O200k,
}

/// <summary>
/// Where the training data comes from; at most one of the volumes, and a path inside it. Nothing at all: the text that comes with the
/// trainer.
/// </summary>
public sealed record DataSource
{
    /// <summary>File or folder: inside the volume where one is named, else of the trainer's machine or image.</summary>
    public string? Path { get; set; }

    /// <summary>Read from a claim.</summary>
    public PersistentVolumeClaimSource? PersistentVolumeClaim { get; set; }

    /// <summary>Read from a ConfigMap.</summary>
    public ConfigMapSource? ConfigMap { get; set; }
}

/// <summary>An existing ConfigMap in the job's namespace; each key is one file.</summary>
public sealed record ConfigMapSource
{
    /// <summary>Name of the ConfigMap.</summary>
    public string Name { get; set; } = "";
}

/// <summary>An existing claim in the job's namespace.</summary>
public sealed record PersistentVolumeClaimSource
{
    /// <summary>Name of the claim.</summary>
    public string ClaimName { get; set; } = "";

    /// <summary>Folder inside the volume.</summary>
    public string? SubPath { get; set; }
}
