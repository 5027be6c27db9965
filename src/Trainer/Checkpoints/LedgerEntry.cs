namespace MhcOperator.Trainer.Checkpoints;

/// <summary>One checkpoint as all ranks know it.</summary>
/// <param name="Step">Its step.</param>
/// <param name="State">Its health.</param>
internal sealed record LedgerEntry(int Step, CheckpointHealth State);
