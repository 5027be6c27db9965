using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;
using Tokenizer = MhcOperator.Api.Tokenizer;

namespace MhcOperator.Trainer.Preparation;

/// <summary>Byte-pair encoding of ordinary text: what reads like a special token in a text is text. Can be used by many threads.</summary>
internal sealed class BytePairEncoder
{
    /// <summary>Stands between documents.</summary>
    public const string EndOfTextName = "<|endoftext|>";

    /// <summary>
    /// From so many characters of one kind on, the time that the library takes for a word, which grows with the square of its length, is
    /// felt.
    /// </summary>
    private const int LongRun = 128;

    private readonly TiktokenTokenizer _tokenizer;
    private readonly Lazy<MergeRanks> _ranks;
    private readonly string[] _specials;

    /// <param name="tokenizer">Cl100k or O200k.</param>
    /// <exception cref="ArgumentOutOfRangeException">It has no pairs: Bytes.</exception>
    public BytePairEncoder(Tokenizer tokenizer)
    {
        _tokenizer = TiktokenTokenizer.CreateForEncoding(tokenizer switch
        {
            Tokenizer.Cl100k => "cl100k_base",
            Tokenizer.O200k => "o200k_base",
            _ => throw new ArgumentOutOfRangeException(nameof(tokenizer), tokenizer, "Cl100k or O200k was expected"),
        });
        _ranks = new Lazy<MergeRanks>(() => new MergeRanks(tokenizer));
        Vocabulary = Data.Vocabulary.Of(tokenizer);
        _specials = [.. _tokenizer.SpecialTokens!.Keys];
        EndOfText = _tokenizer.SpecialTokens[EndOfTextName];
    }

    /// <summary>Token numbers are under this.</summary>
    public int Vocabulary { get; }

    /// <summary>Tokens that stand for bytes of a text; their numbers are under this.</summary>
    public int OrdinaryTokens => _ranks.Value.Count;

    /// <summary>The token between documents.</summary>
    public int EndOfText { get; }

    /// <summary>The tokens of a text.</summary>
    public List<int> Encode(string text)
    {
        List<int> tokens = [];
        for (var start = 0; start < text.Length;)
        {
            var end = EndOfPart(text, start);
            var part = text.AsSpan(start, end - start);
            if (HasLongRun(part))
            {
                EncodeByWords(part.ToString(), tokens);
            }
            else
            {
                tokens.AddRange(_tokenizer.EncodeToIds(part));
            }

            start = end;
        }

        return tokens;
    }

    /// <summary>The text of tokens; bytes that make no character are U+FFFD.</summary>
    public string Decode(IEnumerable<int> tokens) => _tokenizer.Decode(tokens);

    /// <summary>A special token is cut behind its "&lt;|", where its letters begin: there ordinary text is cut in any case.</summary>
    private int EndOfPart(string text, int start)
    {
        const string opening = "<|";
        while (text.IndexOf(opening, start, StringComparison.Ordinal) is >= 0 and var at)
        {
            if (Array.Exists(_specials, s => text.AsSpan(at).StartsWith(s, StringComparison.Ordinal)))
            {
                return at + opening.Length;
            }

            start = at + opening.Length;
        }

        return text.Length;
    }

    private void EncodeByWords(string text, List<int> tokens)
    {
        foreach (var (offset, length) in _tokenizer.PreTokenizer!.PreTokenize(text))
        {
            _ranks.Value.Encode(Encoding.UTF8.GetBytes(text, offset, length), tokens);
        }
    }

    /// <summary>
    /// Whether a long word is possible: words consist of letters, of white space, or of what is neither, but for an end or two of another
    /// kind.
    /// </summary>
    private static bool HasLongRun(ReadOnlySpan<char> text)
    {
        const int any = 0, number = 4;
        var (kind, run) = (any, 0);
        foreach (var c in text)
        {
            // Half a character is of any kind, and so is a mark: it belongs to letters here, and to what is none there.
            var next = char.IsAsciiLetter(c)
                ? 1
                : char.IsSurrogate(c)
                || IsMark(c)
                ? any
                : char.IsLetter(c)
                ? 1
                : char.IsWhiteSpace(c)
                ? 2
                : char.IsNumber(c)
                ? number
                : 3;
            var goesOn = (next == kind || next == any || kind == any) && kind != number && next != number;
            (kind, run) = goesOn ? (next == any ? kind : next, run + 1) : (next, 1);
            if (run >= LongRun)
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsMark(char c) => c > 127
        && char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.EnclosingMark;
}
