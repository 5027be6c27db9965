namespace MhcOperator.Api.Schema;

/// <summary>Finds what somebody probably meant.</summary>
internal static class Suggestion
{
    /// <summary>The nearest of the candidates, letter case ignored; null where none is near.</summary>
    public static string? For(string given, IEnumerable<string> candidates)
    {
        // A word of fifty letters is nobody's typing error, and the distance costs the product of the lengths.
        if (given.Length is 0 or > 50)
        {
            return null;
        }

        var (best, bestDistance) = ((string?)null, int.MaxValue);
        foreach (var candidate in candidates)
        {
            var distance = Distance(given.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < bestDistance)
            {
                (best, bestDistance) = (candidate, distance);
            }
        }

        return bestDistance <= Math.Max(1, given.Length / 3) ? best : null;
    }

    /// <summary>Edits from one text to the other: insert, delete, replace, or swap two neighbours.</summary>
    internal static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                d[i, j] = (i, j) switch
                {
                    (0, _) => j,
                    (_, 0) => i,
                    _ => Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)),
                };
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
