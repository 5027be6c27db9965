namespace MhcOperator.Api;

/// <summary>An existing claim in the job's namespace.</summary>
public sealed record PersistentVolumeClaimSource
{
    /// <summary>Name of the claim.</summary>
    public string ClaimName { get; set; } = "";

    /// <summary>Folder inside the volume.</summary>
    public string? SubPath { get; set; }
}
