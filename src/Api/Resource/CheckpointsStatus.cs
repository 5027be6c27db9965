namespace MhcOperator.Api;

/// <summary>Newest checkpoints.</summary>
public sealed record CheckpointsStatus
{
    /// <summary>Step of the newest committed one.</summary>
    public int? Latest { get; set; }

    /// <summary>Step of the newest verified one.</summary>
    public int? Verified { get; set; }
}
