namespace MhcOperator.Api;

/// <summary>An existing ConfigMap in the job's namespace; each key is one file.</summary>
public sealed record ConfigMapSource
{
    /// <summary>Name of the ConfigMap.</summary>
    public string Name { get; set; } = "";
}
