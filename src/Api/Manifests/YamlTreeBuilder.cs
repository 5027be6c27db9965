using System.Text.Json.Nodes;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Manifests;

/// <summary>Makes the JSON of one document.</summary>
/// <param name="parser">Stands behind the document's start.</param>
internal sealed class YamlTreeBuilder(IParser parser)
{
    // JSON readers stop at 64; the difference is room for what a manifest is wrapped into.
    private const int MaxDepth = 50;

    // An object that the API server takes (1.5 MB) has fewer. Ten lines of aliases of aliases stand for billions.
    private const int MaxNodes = 200_000;

    private const string MergeKey = "<<";

    private readonly Dictionary<AnchorName, (JsonNode? Node, int Size)> _anchors = [];
    private readonly List<FieldError> _errors = [];
    private int _nodes;

    public SourceLines Lines { get; } = new();

    public IReadOnlyList<FieldError> Errors => _errors;

    /// <summary>Field that is being read; tells where a syntax error is.</summary>
    public string Path { get; private set; } = "";

    public JsonNode? ReadRoot()
    {
        Lines.First = LineOf(parser.Current!);
        return ReadNode("", 0);
    }

    private JsonNode? ReadNode(string path, int depth)
    {
        Path = path;
        var start = parser.Consume<ParsingEvent>();
        var before = _nodes;
        Count(1, start);
        if (depth > MaxDepth)
        {
            throw new YamlException(start.Start, start.End, $"expected at most {MaxDepth} levels of nesting");
        }

        var node = start switch
        {
            AnchorAlias alias => ReadAlias(alias),
            Scalar scalar => ReadScalar(scalar, path),
            SequenceStart => ReadSequence(path, depth),
            MappingStart => ReadMapping(path, depth),
            _ => throw new YamlException(start.Start, start.End, "expected a value"),
        };
        if (start is NodeEvent { Anchor.IsEmpty: false } anchored && start is not AnchorAlias)
        {
            _anchors[anchored.Anchor] = (node?.DeepClone(), _nodes - before);
        }

        return node;
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

    private JsonValue? ReadScalar(Scalar scalar, string path)
    {
        var (value, error) = YamlScalar.Resolve(scalar);
        if (error is not null)
        {
            Add(path, error, scalar);
        }

        return value;
    }

    private JsonArray ReadSequence(string path, int depth)
    {
        var array = new JsonArray();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            var child = FieldPath.Item(path, array.Count);
            Lines.Add(child, LineOf(parser.Current!));
            array.Add(ReadNode(child, depth + 1));
        }

        Path = path;
        return array;
    }

    private JsonObject ReadMapping(string path, int depth)
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

            if (key is { Value: MergeKey, Style: ScalarStyle.Plain })
            {
                (merged ??= []).AddRange(Merged(ReadNode(path, depth + 1), path, key));
                continue;
            }

            var child = FieldPath.Child(path, key.Value);
            var line = LineOf(key);
            if (!json.ContainsKey(key.Value))
            {
                Lines.Add(child, line);
                json.Add(key.Value, ReadNode(child, depth + 1));
            }
            else
            {
                Add(child, $"expected each field once, got it again (first on line {Lines.Find(child)})", key);
                ReadNode(child, depth + 1);
            }
        }

        foreach (var (name, value) in (merged ?? []).SelectMany(m => m))
        {
            if (!json.ContainsKey(name))
            {
                json.Add(name, value?.DeepClone());
            }
        }

        Path = path;
        return json;
    }

    // YAML 1.1 merge keys: the mapping's own fields win, then the first of the merged ones.
    private IEnumerable<JsonObject> Merged(JsonNode? node, string path, Scalar key)
    {
        JsonNode?[] sources = node is JsonArray array ? [.. array] : [node];
        if (!sources.All(s => s is JsonObject))
        {
            Add(FieldPath.Child(path, MergeKey), "expected an object or a list of objects to merge", key);
        }

        return sources.OfType<JsonObject>();
    }

    private void Count(int nodes, ParsingEvent where)
    {
        _nodes += nodes;
        if (_nodes > MaxNodes)
        {
            throw new YamlException(where.Start, where.End, $"expected at most {MaxNodes} values, aliases counted with all that they stand for");
        }
    }

    private void Add(string path, string message, ParsingEvent where) =>
        _errors.Add(new FieldError(path.Length == 0 ? FieldPath.Document : path, message, LineOf(where)));

    private static int LineOf(ParsingEvent e) => (int)e.Start.Line;
}
