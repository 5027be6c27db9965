namespace MhcOperator.Trainer.Data;

/// <summary>One token file of prepared data.</summary>
/// <param name="File">Name in the folder.</param>
/// <param name="Tokens">How many it holds.</param>
internal sealed record PreparedShard(string File, int Tokens);
