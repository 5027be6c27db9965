namespace MhcOperator.Api.Yaml;

/// <summary>
/// Cuts a file into texts where kubectl does, which is before anything is read as YAML: at each line of <c>---</c> and blanks. Only the
/// first document of each text is read by it, the others are dropped without a word.
/// </summary>
internal static class ManifestTexts
{
    private const string Separator = "---";
    private const char ByteOrderMark = '\ufeff';

    public static IEnumerable<ManifestText> Split(string file)
    {
        var (start, line, startLine, empty) = (0, 0, 1, true);
        for (var at = 0; at < file.Length;)
        {
            line++;
            var end = file.IndexOf('\n', at) is >= 0 and var found ? found + 1 : file.Length;
            var content = file.AsSpan(at, end - at);
            if (content.StartsWith(Separator, StringComparison.Ordinal))
            {
                var after = content[Separator.Length..];
                var comment = after.TrimStart() is ['#', ..] && char.IsWhiteSpace(after[0]);
                var blank = after.IsWhiteSpace();
                var error = blank || (comment && empty) ? null
                    : comment ? "expected a line of --- and nothing else, got a comment behind it: older versions of kubectl drop what follows; put the comment into a line of its own"
                    : "expected a line of --- and nothing else, got text behind it, which kubectl refuses; put it into a line of its own";
                yield return Cut(file, start, at, startLine, error, line);
                (start, startLine, empty) = (end, line + 1, true);
            }
            else
            {
                empty &= content.TrimStart() is [] or ['#', ..];
            }

            at = end;
        }

        yield return Cut(file, start, file.Length, startLine, null, 0);
    }

    private static ManifestText Cut(string file, int start, int end, int line, string? error, int errorLine)
    {
        var skip = start < end && file[start] == ByteOrderMark ? 1 : 0;
        var text = file[(start + skip)..end];

        // kubectl gives every line an end, which the last one of a block scalar keeps.
        return new ManifestText(text.Length == 0 || text[^1] == '\n' ? text : text + '\n', line, error, errorLine);
    }
}
