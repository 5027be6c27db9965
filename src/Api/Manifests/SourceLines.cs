using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Manifests;

/// <summary>On which line of a text each field is.</summary>
internal sealed class SourceLines
{
    private readonly Dictionary<string, int> _lines = new(StringComparer.Ordinal);

    /// <summary>Line of the document's first token, from 1.</summary>
    public int First { get; set; } = 1;

    public void Add(string path, int line) => _lines[path] = line;

    /// <summary>The lines of one part of the document, by their paths inside it.</summary>
    public SourceLines Under(string path)
    {
        var part = new SourceLines { First = Find(path) };
        foreach (var (key, line) in _lines)
        {
            if (key.StartsWith(path, StringComparison.Ordinal) && key.Length > path.Length
                && key[path.Length] is '.' or '[')
            {
                part.Add(key[path.Length] == '.' ? key[(path.Length + 1)..] : key[path.Length..], line);
            }
        }

        return part;
    }

    /// <summary>Line of the field, or of the nearest one around it that is in the text.</summary>
    public int Find(string path)
    {
        for (var p = path; p is not null; p = FieldPath.Parent(p))
        {
            if (_lines.TryGetValue(p, out var line))
            {
                return line;
            }
        }

        return First;
    }
}
