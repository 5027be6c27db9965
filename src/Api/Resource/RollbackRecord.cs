namespace MhcOperator.Api;

/// <summary>One return to a healthy checkpoint.</summary>
public sealed record RollbackRecord
{
    /// <summary>Attempt that was found unstable.</summary>
    public int Attempt { get; set; }

    /// <summary>Reason of the verdict.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Step at which it was found.</summary>
    public int DetectedStep { get; set; }

    /// <summary>Step at which it began.</summary>
    public int OnsetStep { get; set; }

    /// <summary>Step of the checkpoint that was restored; 0: from the start.</summary>
    public int RestoredStep { get; set; }

    /// <summary>Data steps left out, `a-b`.</summary>
    public string Skipped { get; set; } = "";

    /// <summary>Factor from this rollback on, all before it included.</summary>
    public double LearningRateFactor { get; set; } = 1;

    /// <summary>Tier of recovery, one of <see cref="RecoveryTiers"/>.</summary>
    public string Tier { get; set; } = RecoveryTiers.RecreateGang;

    /// <summary>From detection to the first new step.</summary>
    public double? Seconds { get; set; }

    /// <summary>When the operator learned of it.</summary>
    public DateTime? DetectedAt { get; set; }
}
