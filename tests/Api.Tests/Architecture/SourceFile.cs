using System.Text.RegularExpressions;

namespace Api.Tests.Architecture;

/// <summary>What of a source file says which others it uses.</summary>
/// <param name="Path">Below src, such as Operator/Planning/Planner.cs.</param>
/// <param name="Namespace">Empty for an entry point.</param>
/// <param name="Sees">Namespaces.</param>
/// <param name="Words">Those of its code that may be types.</param>
/// <param name="Declares">Types.</param>
internal sealed partial record SourceFile(
    string Path, string Namespace, IReadOnlySet<string> Sees, IReadOnlySet<string> Words, IReadOnlyList<string> Declares)
{
    private const int Limit = 10_000; // milliseconds

    public string Folder => Path[..Path.LastIndexOf('/')];

    /// <summary>The C# files below a folder of the repository, by their paths below it.</summary>
    public static IEnumerable<(string Path, string Text)> Below(string folder)
    {
        var root = Repository.PathOf(folder);
        return from path in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
               where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
               select (System.IO.Path.GetRelativePath(root, path), File.ReadAllText(path));
    }

    public static SourceFile Parse(string path, string text)
    {
        var code = Text.Replace(text,
            match => match.Groups["hole"].Success
                ? string.Join(' ', Hole.Matches(match.Value).Select(hole => hole.Groups["code"].Value)) : " ");
        var home = NamespaceLine.Match(code).Groups["name"].Value;
        var sees = Using.Matches(code).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        for (var outer = home; outer.Length > 0; outer = outer[..Math.Max(0, outer.LastIndexOf('.'))])
        {
            sees.Add(outer);
        }

        return new SourceFile(
            path, home, sees, Word.Matches(code).Select(match => match.Value).ToHashSet(StringComparer.Ordinal),
            [.. Declaration.Matches(code).Select(match => match.Groups["type"].Value)]);
    }

    /// <summary>Comments, and strings but for the holes in those that have some.</summary>
    [GeneratedRegex(""""/\*.*?\*/|//[^\n]*|"""(?:.*?)"""|(?<hole>\$)?@?"(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)'"""",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture, Limit)]
    private static partial Regex Text { get; }

    [GeneratedRegex(@"\{(?<code>[^{}]*)\}", RegexOptions.ExplicitCapture, Limit)]
    private static partial Regex Hole { get; }

    [GeneratedRegex(@"\b[A-Z]\w*\b", RegexOptions.ExplicitCapture, Limit)]
    private static partial Regex Word { get; }

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Limit)]
    private static partial Regex NamespaceLine { get; }

    [GeneratedRegex(@"^using\s+(static\s+)?(?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, Limit)]
    private static partial Regex Using { get; }

    [GeneratedRegex(
        @"^(?:\w+\s+)*?(?:(?:class|struct|interface|enum|record(?:\s+struct|\s+class)?)\s+(?<type>\w+)|delegate\s+[^\n(]+?\s(?<type>\w+)\s*(?:<[^>]*>)?\()",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture, Limit)]
    private static partial Regex Declaration { get; }
}
