namespace MhcOperator.Api;

/// <summary>Where the training data comes from; at most one of the volumes, and a path inside it. Nothing at all: the text that comes with the trainer.</summary>
public sealed record DataSource
{
    /// <summary>File or folder: inside the volume where one is named, else of the trainer's machine or image.</summary>
    public string? Path { get; set; }

    /// <summary>Read from a claim.</summary>
    public PersistentVolumeClaimSource? PersistentVolumeClaim { get; set; }

    /// <summary>Read from a ConfigMap.</summary>
    public ConfigMapSource? ConfigMap { get; set; }
}
