namespace MhcOperator.Trainer.Preparation;

/// <summary>A part of a text file that is tokenized on its own.</summary>
/// <param name="File">Number of the file.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
/// <param name="EndsDocument">Whether it is the last of its file.</param>
internal readonly record struct TextPiece(int File, long Offset, int Length, bool EndsDocument);
