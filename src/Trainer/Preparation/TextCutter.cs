using MhcOperator.Trainer.Data;

namespace MhcOperator.Trainer.Preparation;

/// <summary>
/// Cuts text files into pieces that can be tokenized side by side. A cut is between a line feed and a letter or digit of ASCII: both
/// encodings begin a new word there whatever surrounds it, so the tokens are those of the whole text. A text that has no such place for
/// long is cut between two characters. The cuts depend on the text alone.
/// </summary>
/// <param name="pieceBytes">From where on a piece may end.</param>
/// <param name="longest">Longest piece where no line ends, at least 4 more than <paramref name="pieceBytes"/>.</param>
internal sealed class TextCutter(int pieceBytes = 1 << 18, int longest = 1 << 22)
{
    /// <summary>The pieces of a file, in order; none of an empty one.</summary>
    public IEnumerable<TextPiece> Cut(int number, TokenFile file)
    {
        for (long offset = 0; offset < file.Length;)
        {
            var length = LengthAt(file, offset);
            yield return new TextPiece(number, offset, length, offset + length == file.Length);
            offset += length;
        }
    }

    private int LengthAt(TokenFile file, long offset)
    {
        var left = file.Length - offset;
        if (left <= pieceBytes)
        {
            return (int)left;
        }

        var text = file.Bytes(offset, (int)Math.Min(left, longest));
        for (var i = pieceBytes; i < text.Length; i++)
        {
            if (text[i - 1] == '\n' && char.IsAsciiLetterOrDigit((char)text[i]))
            {
                return i;
            }
        }

        return text.Length == left ? text.Length : TextFiles.LengthOfWholeCharacters(text);
    }
}
