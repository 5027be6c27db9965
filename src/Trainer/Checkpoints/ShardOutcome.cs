namespace MhcOperator.Trainer.Checkpoints;

/// <summary>How one rank's part in writing a checkpoint went; told to all ranks.</summary>
/// <param name="Shard">The file, where it was written.</param>
/// <param name="Error">What went wrong, else null.</param>
/// <param name="Superseded">A newer attempt owns the folder.</param>
internal sealed record ShardOutcome(ShardRecord? Shard, string? Error, bool Superseded = false);
