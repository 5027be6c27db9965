using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>All tokens of a data set: its files one after another, in order of name.</summary>
internal sealed class TokenSequence
{
    private readonly TokenFile[] _files;
    private readonly long[] _starts;
    private readonly int _vocabulary;

    /// <param name="files">Files in order.</param>
    /// <param name="vocabulary">Token numbers must be under this.</param>
    public TokenSequence(IEnumerable<TokenFile> files, int vocabulary)
    {
        _files = [.. files.Where(f => f.Length > 0)];
        _starts = new long[_files.Length];
        _vocabulary = vocabulary;
        for (var i = 0; i < _files.Length; i++)
        {
            _starts[i] = Length;
            Length += _files[i].Length;
        }
    }

    /// <summary>Tokens in all files.</summary>
    public long Length { get; }

    /// <summary>Files that have tokens.</summary>
    public int FileCount => _files.Length;

    /// <summary>Reads tokens, across files where need be.</summary>
    /// <param name="position">First token, at least 0.</param>
    /// <param name="tokens">[count], filled; position + count is at most <see cref="Length"/>.</param>
    /// <exception cref="TrainerException">A file cannot be read, or holds a token outside the vocabulary.</exception>
    public void Read(long position, Span<long> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(position);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, Length - tokens.Length);
        var found = Array.BinarySearch(_starts, position);
        for (var i = found >= 0 ? found : ~found - 1; !tokens.IsEmpty; i++)
        {
            var local = position - _starts[i];
            var part = tokens[..(int)Math.Min(tokens.Length, _files[i].Length - local)];
            _files[i].Read(local, part);
            CheckVocabulary(_files[i], local, part);
            position += part.Length;
            tokens = tokens[part.Length..];
        }
    }

    private void CheckVocabulary(TokenFile file, long position, ReadOnlySpan<long> tokens)
    {
        var outside = tokens.IndexOfAnyExceptInRange(0, _vocabulary - 1);
        if (outside >= 0)
        {
            throw TokenNumbers.Outside(file, position + outside, tokens[outside], _vocabulary);
        }
    }
}
