namespace MhcOperator.Api;

/// <summary>Where checkpoints are kept.</summary>
public sealed record CheckpointVolume
{
    /// <summary>An existing claim; where absent the operator makes one named `JOB-checkpoints`.</summary>
    public string? ClaimName { get; set; }

    /// <summary>Folder inside the volume.</summary>
    public string? SubPath { get; set; }

    /// <summary>Storage class of the claim that is made.</summary>
    public string? StorageClassName { get; set; }

    /// <summary>Size of the claim that is made, a Kubernetes quantity.</summary>
    public string Size { get; set; } = "10Gi";

    /// <summary>Access modes of the claim that is made.</summary>
    public IReadOnlyList<string> AccessModes { get; set; } = ["ReadWriteMany"];

    /// <summary>What happens to the claim that was made when the job is deleted.</summary>
    public VolumePolicy Policy { get; set; } = VolumePolicy.Retain;
}
