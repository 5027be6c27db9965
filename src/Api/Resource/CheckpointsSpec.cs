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
