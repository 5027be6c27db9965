namespace MhcOperator.Trainer.Checkpoints;

/// <summary>How one rank's part in writing a checkpoint went; told to all ranks.</summary>
/// <param name="Shard">The file, where it was written.</param>
/// <param name="Error">What went wrong, else null.</param>
/// <param name="Ends">Why training cannot go on, as the reason of a termination message; null: it can.</param>
internal sealed record ShardOutcome(ShardRecord? Shard, string? Error, string? Ends = null)
{
    /// <summary>Hash over the weights in the file, as this rank has them.</summary>
    public string? WeightsSha256 { get; init; }
}
