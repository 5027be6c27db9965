namespace MhcOperator.Trainer.Checkpoints;

/// <summary>How writing a checkpoint ended, the same on every rank.</summary>
/// <param name="Step">Of the checkpoint.</param>
/// <param name="Failure">What failed; null: it is committed.</param>
/// <param name="Bytes">Size of the tensors' files.</param>
/// <param name="Seconds">From its beginning to this rank's knowing of its end.</param>
/// <param name="OwnBytes">Size of this rank's file.</param>
/// <param name="WriteSeconds">In which that was hashed, written and flushed.</param>
internal sealed record CheckpointOutcome(int Step, string? Failure, long Bytes, double Seconds, long OwnBytes, double WriteSeconds);
