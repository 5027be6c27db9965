using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Yaml;

/// <summary>Makes the JSON of one document.</summary>
/// <param name="parser">Stands behind the document's start.</param>
/// <param name="text">What it reads.</param>
internal sealed class YamlTreeBuilder(IParser parser, ManifestText text)
{
    // JSON readers stop at 64; the difference is room for what a manifest is wrapped into.
    private const int MaxDepth = 50;

    // An object that the API server takes (1.5 MB) has fewer. Ten lines of aliases of aliases stand for billions.
    private const int MaxNodes = 200_000;

    private const int MaxErrors = 100;
    private const string MergeKey = "<<";

    private readonly Dictionary<AnchorName, (JsonNode? Node, int Size)> _anchors = [];
    private readonly List<FieldError> _errors = [];
    private SourceLines? _place;
    private int _nodes;
    private int _braces;

    public SourceLines Lines { get; private set; } = new(text.Line);

    public IReadOnlyList<FieldError> Errors => _errors;

    /// <summary>Field that is being read; tells where a syntax error is.</summary>
    public string Path => _place?.Path ?? "";

    public JsonNode? ReadRoot()
    {
        Lines = new SourceLines(LineOf(parser.Current!));
        return ReadNode(Lines, 0);
    }

    private JsonNode? ReadNode(SourceLines place, int depth)
    {
        _place = place;
        var start = parser.Consume<ParsingEvent>();
        var before = _nodes;
        Count(1, start);
        if (depth > MaxDepth)
        {
            throw new YamlException(start.Start, start.End, $"expected at most {MaxDepth} levels of nesting");
        }

        if (place.Length > SourceLines.MaxPath)
        {
            throw new YamlException(start.Start, start.End,
                $"expected names of fields that make up at most {SourceLines.MaxPath} characters from the document down");
        }

        var anchor = CheckNode(start, place);
        if (!anchor.IsEmpty)
        {
            _anchors.Remove(anchor); // it may not stand for anything within itself
        }

        var node = start switch
        {
            AnchorAlias alias => ReadAlias(alias),
            Scalar scalar => ReadScalar(scalar, place),
            SequenceStart sequence => InBraces(sequence.Style == SequenceStyle.Flow, () => ReadSequence(place, depth)),
            MappingStart mapping => InBraces(mapping.Style == MappingStyle.Flow, () => ReadMapping(place, depth)),
            _ => throw new YamlException(start.Start, start.End, "expected a value"),
        };
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = (node?.DeepClone(), _nodes - before);
        }

        return node;
    }

    private JsonNode InBraces(bool braces, Func<JsonNode> read)
    {
        _braces += braces ? 1 : 0;
        var node = read();
        _braces -= braces ? 1 : 0;
        return node;
    }

    /// <summary>Refuses what our parser takes and kubectl's does not.</summary>
    /// <returns>The anchor that the node sets.</returns>
    private AnchorName CheckNode(ParsingEvent start, SourceLines place)
    {
        if (start is not NodeEvent node)
        {
            return AnchorName.Empty;
        }

        if (node is not Scalar && !node.Tag.IsEmpty && node.Tag.Value is not ("tag:yaml.org,2002:map" or "tag:yaml.org,2002:seq"))
        {
            Add(place, $"expected a value without the tag {node.Tag.Value}", node);
        }

        if (!node.Anchor.IsEmpty && !node.Anchor.Value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
        {
            throw new YamlException(node.Start, node.End, "expected an anchor of ASCII letters, digits, '_' and '-'");
        }

        return node.Anchor;
    }

    private JsonNode? ReadAlias(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value, out var anchor))
        {
            throw new YamlException(alias.Start, alias.End, $"the alias *{alias.Value} has no anchor before it");
        }

        Count(anchor.Size, alias);
        return anchor.Node?.DeepClone();
    }

    private JsonValue? ReadScalar(Scalar scalar, SourceLines place)
    {
        var (value, error) = YamlScalar.Resolve(scalar);
        if ((error ?? WrongSpelling(scalar)) is { } wrong)
        {
            Add(place, wrong, scalar);
        }

        return value;
    }

    private JsonArray ReadSequence(SourceLines place, int depth)
    {
        var array = new JsonArray();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            array.Add(ReadNode(place.AddItem(array.Count, LineOf(parser.Current!)), depth + 1));
        }

        _place = place;
        return array;
    }

    private JsonObject ReadMapping(SourceLines place, int depth)
    {
        var json = new JsonObject();
        List<JsonObject>? merged = null;
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var key))
            {
                var other = parser.Current!;
                throw new YamlException(other.Start, other.End, "expected text as the name of a field");
            }

            if (key is { Value: MergeKey, Style: ScalarStyle.Plain, Tag.IsEmpty: true })
            {
                var into = place.AddField(MergeKey, LineOf(key));
                if (merged is not null)
                {
                    Add(into, "expected << once; write a list of what is to be merged", key);
                }

                merged = Merged(ReadNode(into, depth + 1), into, key);
                foreach (var name in merged.SelectMany(m => m).Select(p => p.Key).Where(json.ContainsKey).Distinct(StringComparer.Ordinal))
                {
                    Add(
                        into, $"expected << before {PrintableText.Quote(name)}: kubectl takes what comes last, so this one would replace the value above", key);
                }

                continue;
            }

            ReadField(json, key, place, depth);
        }

        foreach (var (name, value) in (merged ?? []).SelectMany(m => m))
        {
            if (!json.ContainsKey(name))
            {
                json.Add(name, value?.DeepClone());
            }
        }

        _place = place;
        return json;
    }

    private void ReadField(JsonObject json, Scalar key, SourceLines place, int depth)
    {
        var (name, error) = YamlScalar.Name(key);
        if (json.ContainsKey(name))
        {
            var first = place.Under(FieldPath.Child("", name));
            Add(first, $"expected each field once, got it again (first on line {first.First})", key);
            ReadNode(first, depth + 1);
            return;
        }

        var field = place.AddField(name, LineOf(key));
        if ((error ?? WrongSpelling(key) ?? ColonInName(key)) is { } wrong)
        {
            Add(field, wrong, key);
        }

        if (!CheckNode(key, field).IsEmpty)
        {
            throw new YamlException(key.Start, key.End, "expected no anchor on the name of a field");
        }

        json.Add(name, ReadNode(field, depth + 1));
    }

    /// <summary>YAML 1.2 knows more than kubectl's YAML 1.1; only the text itself tells.</summary>
    private string? WrongSpelling(Scalar scalar)
    {
        if (scalar is { Style: ScalarStyle.Plain, Value: [var first, ..] }
            && (_braces > 0 ? "?:,[]{}#&*!|>'\"%@`" : ",[]{}#&*!|>'\"%@`").Contains(first, StringComparison.Ordinal))
        {
            return $"expected text in quotes, since it begins with {first}";
        }

        if (_braces > 0 && scalar.Style == ScalarStyle.Plain && scalar.Value.Contains('?', StringComparison.Ordinal))
        {
            return "expected text in quotes, since it has a ?, which ends a text inside braces for kubectl";
        }

        if (scalar.Style != ScalarStyle.DoubleQuoted || scalar.End.Index > text.Text.Length)
        {
            return null;
        }

        var written = text.Text.AsSpan((int)scalar.Start.Index, (int)(scalar.End.Index - scalar.Start.Index));
        for (int at = written.IndexOf('\\'), next; at >= 0 && at + 1 < written.Length; at = next < 0 ? next : at + 2 + next)
        {
            var escape = written[(at + 1)..];
            if (escape is ['/', ..])
            {
                return "expected / without \\ before it, which kubectl refuses here";
            }

            if (escape is ['u', 'd' or 'D', (>= '8' and <= '9') or (>= 'a' and <= 'f') or (>= 'A' and <= 'F'), ..])
            {
                return "expected a character as itself or as \\U and eight digits; kubectl refuses halves of a pair here";
            }

            next = escape[1..].IndexOf('\\');
        }

        return null;
    }

    /// <summary>Inside braces kubectl takes a colon for a part of the name where no blank is behind it.</summary>
    private string? ColonInName(Scalar key) =>
        _braces > 0 && key.Style == ScalarStyle.Plain && key.End.Index < text.Text.Length
            && text.Text.AsSpan((int)key.End.Index) is [':', ',' or '[' or ']' or '{' or '}', ..]
            ? "expected a blank behind the colon; without one kubectl takes it for a part of the name"
            : null;

    // YAML 1.1 merge keys: the mapping's own fields win, then the first of the merged ones.
    private List<JsonObject> Merged(JsonNode? node, SourceLines place, Scalar key)
    {
        JsonNode?[] sources = node is JsonArray array ? [.. array] : [node];
        if (!sources.All(s => s is JsonObject))
        {
            Add(place, "expected an object or a list of objects to merge", key);
        }

        return [.. sources.OfType<JsonObject>()];
    }

    private void Count(int nodes, ParsingEvent where)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes)
        {
            throw new YamlException(where.Start, where.End,
                $"expected at most {MaxNodes} values, aliases counted with all that they stand for");
        }
    }

    private void Add(SourceLines place, string message, ParsingEvent where)
    {
        var path = place.Path;
        _errors.Add(new FieldError(path.Length == 0 ? FieldPath.Document : path, message, LineOf(where)));
        if (_errors.Count == MaxErrors)
        {
            throw new YamlException(where.Start, where.End, "too much is wrong; mend what is told above first");
        }
    }

    private int LineOf(ParsingEvent e) => text.LineOf(e.Start);
}
