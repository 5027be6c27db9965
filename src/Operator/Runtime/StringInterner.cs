namespace MhcOperator.Operator.Runtime;

/// <summary>Keeps one copy of a text that many objects carry: names of jobs, labels, words of a status. Forgetting costs memory only, so that it never grows beyond a bound.</summary>
/// <param name="most">Texts that are kept.</param>
internal sealed class StringInterner(int most)
{
    private readonly Lock gate = new();
    private readonly HashSet<string> texts = new(StringComparer.Ordinal);

    /// <summary>The kept copy of a text.</summary>
    public string? Share(string? text)
    {
        if (text is null)
        {
            return null;
        }

        lock (gate)
        {
            if (texts.TryGetValue(text, out var kept))
            {
                return kept;
            }

            if (texts.Count >= most)
            {
                texts.Clear();
            }

            texts.Add(text);
            return text;
        }
    }
}
