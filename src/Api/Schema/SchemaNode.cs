using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MhcOperator.Api.Schema;

/// <summary>One node of a structural schema: the part of OpenAPI v3 that our resource definition uses.</summary>
internal sealed record SchemaNode
{
    public required SchemaType Type { get; init; }

    public string Description { get; init; } = "";

    /// <summary>int32, int64, double or date-time; null: none.</summary>
    public string? Format { get; init; }

    /// <summary>Fields of an object, in the order of the definition.</summary>
    public IReadOnlyList<KeyValuePair<string, SchemaNode>> Properties { get; init; } = [];

    /// <summary>Names that must be there.</summary>
    public IReadOnlyList<string> Required { get; init; } = [];

    /// <summary>Every value of a map; null: not a map.</summary>
    public SchemaNode? AdditionalProperties { get; init; }

    /// <summary>Every item of a list.</summary>
    public SchemaNode? Items { get; init; }

    /// <summary>Fields of a list's items that name an item.</summary>
    public IReadOnlyList<string> ListMapKeys { get; init; } = [];

    /// <summary>Whether fields that are not listed are kept, not refused.</summary>
    public bool PreserveUnknown { get; init; }

    /// <summary>What an absent field is taken for; null: nothing.</summary>
    public JsonNode? Default { get; init; }

    public IReadOnlyList<string> Enum { get; init; } = [];

    public double? Minimum { get; init; }

    public bool ExclusiveMinimum { get; init; }

    public double? Maximum { get; init; }

    public bool ExclusiveMaximum { get; init; }

    public Regex? Pattern { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    public IReadOnlyList<CelRule> Validations { get; init; } = [];

    /// <summary>The field of that name; null where there is none.</summary>
    public SchemaNode? Property(string name)
    {
        foreach (var (key, node) in Properties)
        {
            if (string.Equals(key, name, StringComparison.Ordinal))
            {
                return node;
            }
        }

        return null;
    }
}
