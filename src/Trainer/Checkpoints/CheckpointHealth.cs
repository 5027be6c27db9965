namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Whether a checkpoint is trusted.</summary>
internal enum CheckpointHealth
{
    /// <summary>Committed; nothing is known about what came after it.</summary>
    Candidate,

    /// <summary>Training stayed healthy for long enough after it.</summary>
    Verified,

    /// <summary>Not to be used: it is corrupted, or lies after the point to which training went back.</summary>
    Quarantined,
}
