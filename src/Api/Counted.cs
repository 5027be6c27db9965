using System.Globalization;

namespace MhcOperator.Api;

/// <summary>A number and what it counts, as people say it: <c>1 restart</c>, <c>3 restarts</c>.</summary>
public static class Counted
{
    /// <summary>The number and the word.</summary>
    /// <param name="count">How many.</param>
    /// <param name="word">Of one of them, with a plural in s.</param>
    public static string Of(long count, string word) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {word}{(count == 1 ? "" : "s")}");

    /// <summary>All of them, with a verb: <c>the only worker is</c>, <c>all 3 workers are</c>.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="word">Of one of them.</param>
    /// <param name="one">Verb for one.</param>
    /// <param name="many">Verb for several.</param>
    public static string All(long count, string word, string one, string many) =>
        count == 1 ? $"the only {word} {one}" : string.Create(CultureInfo.InvariantCulture, $"all {count} {word}s {many}");
}
