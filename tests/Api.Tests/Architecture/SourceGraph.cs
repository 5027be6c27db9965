namespace Api.Tests.Architecture;

/// <summary>
/// Which source file uses which. A file uses another where a type that the other declares occurs in it, as a word outside strings and
/// comments, and its namespace is visible there. Constants count too, which compiled code no longer shows. A property that is named like a
/// type counts as well.
/// </summary>
internal sealed class SourceGraph
{
    public SourceGraph(IEnumerable<SourceFile> files)
    {
        var all = files.ToList();
        var declaring = all.SelectMany(file => file.Declares.Select(type => (type, file)))
            .ToLookup(pair => pair.type, pair => pair.file);
        Uses =
        [
            .. from file in all
               from word in file.Words
               from other in declaring[word]
               where other != file && file.Sees.Contains(other.Namespace)
               select new Use(file.Path, other.Path, word),
        ];
    }

    /// <summary>A file, one that it uses, and a type by which it does.</summary>
    public sealed record Use(string From, string To, string Type);

    public IReadOnlyList<Use> Uses { get; }
}
