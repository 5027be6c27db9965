using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MhcOperator.Api.Schema;

/// <summary>Makes a <see cref="SchemaNode"/> of the JSON of an OpenAPI v3 schema.</summary>
internal static class SchemaReader
{
    // A pattern is matched against text from anybody: without backtracking it cannot be made slow (as RE2 on the server).
    private const RegexOptions PatternOptions = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    /// <exception cref="FormatException">The schema uses something that the engine does not know.</exception>
    public static SchemaNode Read(JsonObject json) => new()
    {
        Type = ReadType(Text(json, "type") ?? throw new FormatException("a schema has no type")),
        Description = Text(json, "description") ?? "",
        Format = Text(json, "format"),
        Properties = [.. Fields(json, "properties").Select(p => KeyValuePair.Create(p.Key, Read(p.Value!.AsObject())))],
        Required = Texts(json, "required"),
        AdditionalProperties = json["additionalProperties"] is JsonObject values ? Read(values) : null,
        Items = json["items"] is JsonObject items ? Read(items) : null,
        ListMapKeys = Texts(json, "x-kubernetes-list-map-keys"),
        PreserveUnknown = Flag(json, "x-kubernetes-preserve-unknown-fields"),
        Default = json["default"]?.DeepClone(),
        Enum = Texts(json, "enum"),
        Minimum = Number(json, "minimum"),
        ExclusiveMinimum = Flag(json, "exclusiveMinimum"),
        Maximum = Number(json, "maximum"),
        ExclusiveMaximum = Flag(json, "exclusiveMaximum"),
        Pattern = Text(json, "pattern") is { } pattern ? new Regex(pattern, PatternOptions) : null,
        MinLength = (int?)Number(json, "minLength"),
        MaxLength = (int?)Number(json, "maxLength"),
        MinItems = (int?)Number(json, "minItems"),
        MaxItems = (int?)Number(json, "maxItems"),
        Validations = [.. Objects(json, "x-kubernetes-validations").Select(ReadRule)],
    };

    private static CelRule ReadRule(JsonObject json) =>
        new(Text(json, "rule") ?? "", Text(json, "message") ?? "", Text(json, "fieldPath"));

    private static SchemaType ReadType(string name) => name switch
    {
        "object" => SchemaType.Object,
        "array" => SchemaType.Array,
        "string" => SchemaType.String,
        "integer" => SchemaType.Integer,
        "number" => SchemaType.Number,
        "boolean" => SchemaType.Boolean,
        _ => throw new FormatException($"\"{name}\" is no type of a structural schema"),
    };

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Fields(JsonObject json, string name) => json[name] as JsonObject ?? [];

    private static IEnumerable<JsonObject> Objects(JsonObject json, string name) =>
        json[name] is JsonArray array ? array.OfType<JsonObject>() : [];

    private static IReadOnlyList<string> Texts(JsonObject json, string name) =>
        json[name] is JsonArray array ? [.. array.Select(x => x!.GetValue<string>())] : [];

    private static string? Text(JsonObject json, string name) => json[name]?.GetValue<string>();

    private static bool Flag(JsonObject json, string name) => json[name]?.GetValue<bool>() ?? false;

    private static double? Number(JsonObject json, string name) =>
        json[name] is { } node ? double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture) : null;
}
