using System.Text.RegularExpressions;

namespace Api.Tests.Architecture;

/// <summary>
/// Which source file uses which. A file uses another where a type that the other declares occurs in it, as a word outside strings and
/// comments, and its namespace is visible there. Constants count too, which compiled code no longer shows. A property that is named like a
/// type counts as well.
/// </summary>
internal sealed partial class SourceGraph
{
    private const int Limit = 10_000; // milliseconds

    private readonly List<SourceFile> _files;

    /// <param name="files">Paths below src, such as Operator/Planning/Planner.cs, and texts.</param>
    public SourceGraph(IEnumerable<(string Path, string Text)> files)
    {
        _files = [.. files.Select(file => SourceFile.Read(file.Path, file.Text))];
        var declaring = _files.SelectMany(file => file.Declares.Select(type => (type, file)))
            .ToLookup(pair => pair.type, pair => pair.file);
        Uses =
        [
            .. from file in _files
               from word in file.Words
               from other in declaring[word]
               where other != file && file.Sees.Contains(other.Namespace)
               select new Use(file.Path, other.Path, word),
        ];
    }

    /// <summary>A file, one that it uses, and a type by which it does.</summary>
    public sealed record Use(string From, string To, string Type);

    public IReadOnlyList<Use> Uses { get; }

    /// <summary>Each file, and its namespace.</summary>
    public IEnumerable<(string Path, string Namespace)> Namespaces => _files.Select(file => (file.Path, file.Namespace));

    /// <summary>The sources under src.</summary>
    /// <param name="root">Folder of the repository.</param>
    public static IEnumerable<(string Path, string Text)> Read(string root)
    {
        var src = Path.Combine(root, "src");
        return from path in Directory.EnumerateFiles(src, "*.cs", SearchOption.AllDirectories)
               let name = Path.GetRelativePath(src, path)
               where !name.Contains("/obj/", StringComparison.Ordinal) && !name.Contains("/bin/", StringComparison.Ordinal)
               select (name, File.ReadAllText(path));
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

    private sealed record SourceFile(string Path, string Namespace, IReadOnlySet<string> Sees, IReadOnlySet<string> Words,
        IReadOnlyList<string> Declares)
    {
        public static SourceFile Read(string path, string text)
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
    }
}
