using Microsoft.ML.Tokenizers;
using Tokenizer = MhcOperator.Api.Tokenizer;

namespace MhcOperator.Trainer.Preparation;

/// <summary>Byte-pair encoding of ordinary text: what reads like a special token in a text is text. Can be used by many threads.</summary>
internal sealed class BytePairEncoder
{
    /// <summary>Stands between documents.</summary>
    public const string EndOfTextName = "<|endoftext|>";

    private readonly TiktokenTokenizer _tokenizer;
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
        Vocabulary = Data.Vocabulary.Of(tokenizer);
        _specials = [.. _tokenizer.SpecialTokens!.Keys];
        EndOfText = _tokenizer.SpecialTokens[EndOfTextName];
    }

    /// <summary>Token numbers are under this.</summary>
    public int Vocabulary { get; }

    /// <summary>The token between documents.</summary>
    public int EndOfText { get; }

    /// <summary>The tokens of a text.</summary>
    public List<int> Encode(string text)
    {
        List<int> tokens = [];
        var start = 0;
        while (start < text.Length)
        {
            // A special token is cut behind its "<|", where its letters begin: there ordinary text is cut in any case.
            var special = _specials.Select(s => text.IndexOf(s, start, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(text.Length).Min();
            var end = Math.Min(text.Length, special + "<|".Length);
            tokens.AddRange(_tokenizer.EncodeToIds(text.AsSpan(start, end - start)));
            start = end;
        }

        return tokens;
    }

    /// <summary>The text of tokens; bytes that make no character are U+FFFD.</summary>
    public string Decode(IEnumerable<int> tokens) => _tokenizer.Decode(tokens);
}
