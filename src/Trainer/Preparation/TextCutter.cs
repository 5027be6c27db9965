using System.Buffers;
using MhcOperator.Trainer.Data;

namespace MhcOperator.Trainer.Preparation;

/// <summary>
/// Cuts texts into pieces that can be tokenized side by side, while they are read from the beginning to the end. A cut is between a line
/// feed and a letter or digit of ASCII: both encodings begin a new word there whatever surrounds it, so the tokens are those of the whole
/// text. A text that has no such place for long is cut between two characters. The cuts depend on the text alone.
/// </summary>
/// <param name="pieceBytes">From where on a piece may end.</param>
/// <param name="longest">Longest piece where no line ends, at least 4 more than <paramref name="pieceBytes"/>.</param>
internal sealed class TextCutter(int pieceBytes = 1 << 18, int longest = 1 << 22)
{
    /// <summary>The pieces of a text, in order; none of an empty one.</summary>
    /// <param name="text">Read to its end.</param>
    public IEnumerable<TextPiece> Cut(Stream text)
    {
        // One byte more than a piece can have: where that is not there, the text has ended.
        var window = ArrayPool<byte>.Shared.Rent(longest + 1);
        try
        {
            var filled = 0;
            while (true)
            {
                filled += text.ReadAtLeast(window.AsSpan(filled, longest + 1 - filled), longest + 1 - filled, throwOnEndOfStream: false);
                if (filled == 0)
                {
                    yield break;
                }

                var length = LengthAt(window.AsSpan(0, filled));
                yield return new TextPiece(window[..length], length == filled && filled <= longest);
                filled -= length;
                window.AsSpan(length, filled).CopyTo(window);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }
    }

    private int LengthAt(ReadOnlySpan<byte> left)
    {
        if (left.Length <= pieceBytes)
        {
            return left.Length;
        }

        var text = left[..Math.Min(left.Length, longest)];
        for (var i = pieceBytes; i < text.Length; i++)
        {
            if (text[i - 1] == '\n' && char.IsAsciiLetterOrDigit((char)text[i]))
            {
                return i;
            }
        }

        return text.Length == left.Length ? text.Length : TextFiles.LengthOfWholeCharacters(text);
    }
}
