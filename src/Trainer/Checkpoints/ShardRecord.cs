namespace MhcOperator.Trainer.Checkpoints;

/// <summary>One rank's file in a checkpoint.</summary>
/// <param name="File">Name in the checkpoint's folder.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash, lower-case hexadecimal.</param>
internal sealed record ShardRecord(string File, long Bytes, string Sha256);
