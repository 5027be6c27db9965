namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Which attempt owns a checkpoint folder.</summary>
/// <param name="Attempt">The newest that opened it.</param>
internal sealed record FenceRecord(int Attempt);
