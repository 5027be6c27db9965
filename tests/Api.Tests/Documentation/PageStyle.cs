namespace Api.Tests.Documentation;

/// <summary>How a page is written: one title, one sentence a line, short sentences, links that lead somewhere.</summary>
internal static class PageStyle
{
    private const int LongestLine = 240;
    private const int LongSentence = 35;
    private const double MostLongSentences = 0.03;

    /// <summary>What is wrong with a page, each fault with its line.</summary>
    /// <param name="text">Markdown.</param>
    /// <param name="find">The page at a path relative to this one; null where there is no such file.</param>
    public static IEnumerable<string> Faults(string text, Func<string, MarkdownPage?> find)
    {
        var page = new MarkdownPage(text);
        return
        [
            .. Shape(page), .. Lines(page, text.Split('\n')), .. LongSentences(page.Prose, "lines"), .. LongSentences(page.Cells, "cells"),
            .. Links(page, find),
        ];
    }

    private static IEnumerable<string> Shape(MarkdownPage page)
    {
        if (!page.IsClosed)
        {
            yield return "a block of code does not end";
        }

        if (page.Headings.Count(heading => heading.Level == 1) != 1 || page.Headings[0].Level != 1)
        {
            yield return "a page begins with its one title";
        }

        foreach (var (before, heading) in page.Headings.Zip(page.Headings.Skip(1)).Where(pair => pair.Second.Level > pair.First.Level + 1))
        {
            yield return $"line {heading.Line}: a heading of level {heading.Level} follows one of level {before.Level}";
        }
    }

    private static IEnumerable<string> Lines(MarkdownPage page, string[] lines)
    {
        var prose = page.Prose.ToDictionary(part => part.Line, part => part.Text);
        foreach (var (line, text) in page.Prose)
        {
            if (lines[line - 1].Length > LongestLine)
            {
                yield return $"line {line}: {lines[line - 1].Length} characters are more than {LongestLine}";
            }

            if (MarkdownPage.Sentences(text).Count > 1)
            {
                yield return $"line {line}: more than one sentence";
            }

            var goesOn = prose.TryGetValue(line + 1, out var next) && lines[line].TrimStart().StartsWith(next, StringComparison.Ordinal);
            if (goesOn && !Ends(text))
            {
                yield return $"line {line}: the sentence goes on in the next line";
            }
        }
    }

    private static bool Ends(string text) => text.TrimEnd('*', '_', '"', ')', '`') is [.., '.' or '!' or '?' or ':' or ';'];

    private static IEnumerable<string> LongSentences(IReadOnlyList<(int Line, string Text)> parts, string what)
    {
        var sentences = (from part in parts
                         from sentence in MarkdownPage.Sentences(part.Text)
                         select (part.Line, Words: MarkdownPage.Words(sentence))).ToList();
        var longOnes = sentences.Where(sentence => sentence.Words > LongSentence).ToList();
        return longOnes.Count > MostLongSentences * sentences.Count
            ? [$"{longOnes.Count} of {sentences.Count} sentences in {what} have more than {LongSentence} words: lines "
                + string.Join(", ", longOnes.Select(s => s.Line))]
            : [];
    }

    private static IEnumerable<string> Links(MarkdownPage page, Func<string, MarkdownPage?> find)
    {
        foreach (var (line, target) in page.Links)
        {
            var (path, anchor) = target.Split('#') is [var file, var heading] ? (file, heading) : (target, null);
            if ((path.Length == 0 ? page : find(path)) is not { } other)
            {
                yield return $"line {line}: there is no {path}";
            }
            else if (anchor is not null && !other.Anchors.Contains(anchor, StringComparer.Ordinal))
            {
                yield return $"line {line}: {target} has no such heading";
            }
        }
    }
}
