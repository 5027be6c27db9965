namespace MhcOperator.Trainer.Parallel;

/// <summary>The place of one parameter in a bucket.</summary>
/// <param name="Parameter">Its number.</param>
/// <param name="Begin">First element.</param>
/// <param name="Length">Elements.</param>
internal readonly record struct BucketSlot(int Parameter, int Begin, int Length);
