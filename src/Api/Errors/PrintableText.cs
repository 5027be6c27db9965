using System.Globalization;
using System.Text;

namespace MhcOperator.Api.Errors;

/// <summary>
/// Text of somebody else's (a manifest, a trainer, a server, a file) as it may stand in a terminal, a condition or an event: what would
/// move the cursor, change colours, turn the direction of writing or begin a new line is shown as its code.
/// </summary>
public static class PrintableText
{
    /// <summary>In one line, each such character as <c>\u001b</c>.</summary>
    public static string Line(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsPlain(text, lines: false) ? text : Show(text, lines: false);
    }

    /// <summary>The same, but line breaks and tabs stay.</summary>
    public static string Lines(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsPlain(text, lines: true) ? text : Show(text, lines: true);
    }

    /// <summary>In one line, where line breaks are no more than spaces.</summary>
    public static string Sentence(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return IsPlain(text, lines: false)
            ? text
            : Line(string.Join(' ', text.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)));
    }

    /// <summary>In quotes, in one line, cut where it is long.</summary>
    internal static string Quote(string text) => $"\"{Line(Cut(text))}\"";

    /// <summary>At most 64 characters of it.</summary>
    internal static string Cut(string text) => text.Length <= 64 ? text : text[..61] + "...";

    private static bool IsPlain(string text, bool lines)
    {
        foreach (var c in text)
        {
            if (!IsPlain(c, lines))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPlain(char c, bool lines) =>
        c is >= ' ' and <= '~' || (c is '\n' or '\t' ? lines : !IsHidden(char.GetUnicodeCategory(c)));

    private static string Show(string text, bool lines)
    {
        var shown = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && Rune.TryGetRuneAt(text, i, out var rune))
            {
                Append(shown, text.AsSpan(i, 2), !IsHidden(Rune.GetUnicodeCategory(rune)));
                i++;
            }
            else
            {
                Append(shown, text.AsSpan(i, 1), IsPlain(text[i], lines));
            }
        }

        return shown.ToString();
    }

    private static void Append(StringBuilder shown, ReadOnlySpan<char> character, bool plain)
    {
        foreach (var c in character)
        {
            _ = plain ? shown.Append(c) : shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }
    }

    // Surrogates that have lost their other half are no text; those of a pair are looked at together.
    private static bool IsHidden(UnicodeCategory category) => category is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
}
