namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// Text that came over the network from whoever connected: nothing of it may forge a line of the log or move a terminal's cursor.
/// </summary>
internal static class PeerText
{
    private const int Longest = 400;

    /// <summary>The text with all that is not printable ASCII made visible, cut where it is long.</summary>
    public static string Visible(string text)
    {
        var cut = text.Length <= Longest ? text : text[..Longest] + "...";
        return cut.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? string.Concat(cut.Select(c => c is >= ' ' and <= '~' ? c.ToString() : $"\\u{(int)c:x4}")) : cut;
    }
}
