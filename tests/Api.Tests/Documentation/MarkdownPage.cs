using System.Text.RegularExpressions;

namespace Api.Tests.Documentation;

/// <summary>A text in Markdown, taken apart as far as the tests of documents need it. Blocks of code are left out.</summary>
internal sealed partial class MarkdownPage
{
    private readonly List<(int Line, int Level, string Text)> _headings = [];
    private readonly List<(int Line, string Text)> _prose = [];
    private readonly List<(int Line, string Text)> _cells = [];

    public MarkdownPage(string text)
    {
        var (fenced, code, item, afterBlank, line) = (false, false, false, true, 0);
        foreach (var raw in text.Split('\n'))
        {
            line++;
            var trimmed = raw.Trim();
            if (trimmed.StartsWith("```", StringComparison.Ordinal))
            {
                (fenced, afterBlank) = (!fenced, true);
            }
            else if (fenced || trimmed.Length == 0)
            {
                afterBlank = true;
            }
            else if (raw.StartsWith("    ", StringComparison.Ordinal) && (afterBlank || code) && !(item && Marker().IsMatch(raw)))
            {
                (code, afterBlank) = (true, false);
            }
            else
            {
                item = Marker().IsMatch(raw) || (item && raw.StartsWith(' '));
                (code, afterBlank) = (false, false);
                Take(line, raw, trimmed);
            }
        }

        IsClosed = !fenced;
    }

    /// <summary>Whether each fence of a block of code has its end.</summary>
    public bool IsClosed { get; }

    public IReadOnlyList<(int Line, int Level, string Text)> Headings => _headings;

    /// <summary>Lines of paragraphs and lists, without the mark of a list's item.</summary>
    public IReadOnlyList<(int Line, string Text)> Prose => _prose;

    public IReadOnlyList<(int Line, string Text)> Cells => _cells;

    /// <summary>What links lead to that are no addresses of the web.</summary>
    public IEnumerable<(int Line, string Target)> Links => _prose.Concat(_cells)
        .SelectMany(part => Link().Matches(CodeSpan().Replace(part.Text, "")).Select(match => (part.Line, match.Groups["target"].Value)))
        .Where(link => !link.Value.Contains("://", StringComparison.Ordinal));

    /// <summary>What a link writes after # to lead to each heading.</summary>
    public IEnumerable<string> Anchors =>
        _headings.Select(heading => NoAnchor().Replace(Shown(heading.Text).ToLowerInvariant(), "").Replace(' ', '-'));

    /// <summary>
    /// The sentences of a line or a cell, with a word in the place of each piece of code. A bold word or two before them is no sentence.
    /// </summary>
    public static IReadOnlyList<string> Sentences(string text)
    {
        var plain = Link().Replace(CodeSpan().Replace(LeadIn().Replace(text, ""), "Code"), "${shown}");
        return [.. SentenceEnd().Split(plain).Where(sentence => sentence.Trim().Length > 0)];
    }

    /// <summary>Plain text with a line for each sentence.</summary>
    public static string OneALine(string text) => SentenceEnd().Replace(text, "\n");

    public static int Words(string sentence) => sentence.Split(' ').Count(word => word.Any(char.IsLetterOrDigit));

    private static string Shown(string text) => Link().Replace(text, "${shown}").Replace("`", "", StringComparison.Ordinal);

    private void Take(int line, string raw, string trimmed)
    {
        if (Heading().Match(raw) is { Success: true } heading)
        {
            _headings.Add((line, heading.Groups["marks"].Length, heading.Groups["text"].Value));
        }
        else if (trimmed.StartsWith('|'))
        {
            _cells.AddRange(trimmed.Trim('|').Split(" | ").Select(cell => (line, cell.Trim())));
        }
        else if (!trimmed.StartsWith("<!--", StringComparison.Ordinal))
        {
            _prose.Add((line, Marker().Replace(raw, "").Trim()));
        }
    }

    [GeneratedRegex("^(?<marks>#{1,6}) (?<text>.+)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^\s*([-*]|\d+\.)\s+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Marker();

    [GeneratedRegex("`[^`]*`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"!?\[(?<shown>[^\]]*)\]\((?<target>[^)]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"(?<=[.!?][)""*_]*)\s+(?=[""*_(]*[A-Z0-9])", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"^\*\*[^*]+\.\*\*\s+(?=\S)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LeadIn();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NoAnchor();
}
