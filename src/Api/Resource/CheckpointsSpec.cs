using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>When checkpoints are written, kept and trusted.</summary>
public sealed record CheckpointsSpec
{
    /// <summary>Where.</summary>
    public CheckpointVolume Volume { get; set; } = new();

    /// <summary>What a new job does with checkpoints that are there already.</summary>
    public CheckpointResume Resume { get; set; } = CheckpointResume.Latest;

    /// <summary>Steps between checkpoints; at least 1.</summary>
    public int IntervalSteps { get; set; } = 100;

    /// <summary>Newest checkpoints kept; at least 1.</summary>
    public int KeepLatest { get; set; } = 3;

    /// <summary>Newest verified checkpoints kept beside those; at least 1.</summary>
    public int KeepVerified { get; set; } = 2;

    /// <summary>Healthy steps after which a candidate is verified; at least 0.</summary>
    public int VerifyAfterSteps { get; set; } = 50;

    /// <summary>Steps between snapshots in host memory; 0: none.</summary>
    public int MemorySnapshotSteps { get; set; }
}

/// <summary>What a new job does with checkpoints that are in its volume already.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckpointResume>))]
public enum CheckpointResume
{
    /// <summary>It goes on from the newest.</summary>
    Latest,

    /// <summary>It puts them aside and begins anew.</summary>
    None,
}

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

/// <summary>What happens to the checkpoint volume when the job is deleted.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VolumePolicy>))]
public enum VolumePolicy
{
    /// <summary>It stays.</summary>
    Retain,

    /// <summary>It goes with the job.</summary>
    Delete,
}
