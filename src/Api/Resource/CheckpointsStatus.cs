namespace MhcOperator.Api;

/// <summary>Newest checkpoints.</summary>
public sealed record CheckpointsStatus
{
    /// <summary>Step of the newest committed one.</summary>
    public int? Latest { get; set; }

    /// <summary>When the operator first heard of it; null: before it kept that.</summary>
    public DateTime? LatestAt { get; set; }

    /// <summary>Step of the newest verified one.</summary>
    public int? Verified { get; set; }

    /// <summary>When the operator first heard that it is; null: before it kept that.</summary>
    public DateTime? VerifiedAt { get; set; }

    /// <summary>Uid of the claim that the operator made or found for them.</summary>
    public string? ClaimUid { get; set; }

    /// <summary>True: this job has begun with checkpoints of its own, where <c>checkpoints.resume</c> is None.</summary>
    public bool? Begun { get; set; }

    /// <summary>What people should know of them: whose they are, or that they are lost.</summary>
    public string? Message { get; set; }
}
