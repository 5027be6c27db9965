namespace MhcOperator.Trainer.Preparation;

/// <summary>A part of a text that is tokenized on its own.</summary>
/// <param name="Bytes">The part.</param>
/// <param name="EndsDocument">Whether it is the last of its text.</param>
internal readonly record struct TextPiece(byte[] Bytes, bool EndsDocument);
