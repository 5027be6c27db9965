namespace MhcOperator.Trainer.Model;

/// <summary>Sizes of what <see cref="RotaryKernels"/> turn.</summary>
/// <param name="Tokens">Batch × time.</param>
/// <param name="Time">Tokens of a sequence.</param>
/// <param name="Heads">Heads of a token.</param>
/// <param name="Turned">How many of them are turned, the first ones.</param>
/// <param name="Width">D, channels of a head; even.</param>
internal readonly record struct RotaryShape(long Tokens, long Time, long Heads, long Turned, long Width);
