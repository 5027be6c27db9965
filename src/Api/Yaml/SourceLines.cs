using MhcOperator.Api.Errors;

namespace MhcOperator.Api.Yaml;

/// <summary>
/// On which line of a text each field is. A tree as the text is one: each place knows its own name and the place around it,
/// so that a deep field takes no more memory than another.
/// </summary>
internal sealed class SourceLines
{
    /// <summary>
    /// Longest path of a field, in characters. A path is written out for every message about it; no field of a pod needs half of this.
    /// </summary>
    public const int MaxPath = 1024;

    private readonly SourceLines? _outer;
    private readonly string _part;
    private Dictionary<string, SourceLines>? _inner;

    /// <summary>A whole document.</summary>
    public SourceLines(int line)
        : this(null, "", line)
    {
    }

    private SourceLines(SourceLines? outer, string part, int line)
    {
        (_outer, _part, First) = (outer, part, line);
        Length = (outer?.Length ?? 0) + part.Length + 1;
    }

    /// <summary>Line of its first token, from 1.</summary>
    public int First { get; }

    /// <summary>About as long as its path.</summary>
    public int Length { get; }

    /// <summary>Path from the document; empty for the document itself.</summary>
    public string Path
    {
        get
        {
            var parts = new Stack<string>();
            for (var place = this; place._outer is not null; place = place._outer)
            {
                parts.Push(place._part);
            }

            return parts.Aggregate("", (path, part) => part[0] == '[' || path.Length == 0 ? path + part : $"{path}.{part}");
        }
    }

    /// <summary>Notes a field of this object.</summary>
    public SourceLines AddField(string name, int line) => Add(FieldPath.Child("", name), line);

    /// <summary>Notes an item of this list.</summary>
    public SourceLines AddItem(int index, int line) => Add(FieldPath.Item("", index), line);

    /// <summary>
    /// The lines of one part of the document, to be asked by paths inside it; of the nearest part around it where it is not in the text.
    /// </summary>
    public SourceLines Under(string path)
    {
        var place = this;
        var rest = path.AsSpan();
        while (rest.Length > 0 && place.Inner(rest, out var length) is { } inner)
        {
            place = inner;
            rest = rest[length..].TrimStart('.');
        }

        return place;
    }

    /// <summary>Line of the field, or of the nearest one around it that is in the text.</summary>
    public int Find(string path) => Under(path).First;

    private SourceLines Add(string part, int line)
    {
        var place = new SourceLines(this, part, line);
        (_inner ??= new(StringComparer.Ordinal))[part] = place;
        return place;
    }

    // The part that the path begins with. A name in brackets may have brackets and dots of its own, so every end is tried.
    private SourceLines? Inner(ReadOnlySpan<char> path, out int length)
    {
        length = 0;
        if (_inner is null)
        {
            return null;
        }

        var names = _inner.GetAlternateLookup<ReadOnlySpan<char>>();
        for (length = 1; length <= path.Length; length++)
        {
            var ends = length == path.Length || (path[0] == '[' ? path[length - 1] == ']' : path[length] is '.' or '[');
            if (ends && names.TryGetValue(path[..length], out var place))
            {
                return place;
            }
        }

        return null;
    }
}
