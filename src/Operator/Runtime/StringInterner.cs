namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Keeps one copy of a text that many objects carry: names of jobs, labels, words of a status. Forgetting costs memory only, so that it
/// never grows beyond a bound.
/// </summary>
/// <param name="most">Texts that are kept.</param>
internal sealed class StringInterner(int most)
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _texts = new(StringComparer.Ordinal);

    /// <summary>The kept copy of a text.</summary>
    public string? Share(string? text)
    {
        if (text is null)
        {
            return null;
        }

        lock (_gate)
        {
            if (_texts.TryGetValue(text, out var kept))
            {
                return kept;
            }

            if (_texts.Count >= most)
            {
                _texts.Clear();
            }

            _texts.Add(text);
            return text;
        }
    }
}
