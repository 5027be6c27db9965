using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;

namespace MhcOperator.Api.Schema;

/// <summary>Says in words what a schema expects and what was given.</summary>
internal static class Expectation
{
    /// <summary>What each pattern of the resource definition means; a test holds that none is missing.</summary>
    internal static readonly IReadOnlyDictionary<string, string> PatternNames = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["^[a-z]([-a-z0-9]*[a-z0-9])?$"] =
            "lower-case letters, digits and '-', beginning with a letter and not ending with '-'",
        ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"] =
            "lower-case letters, digits and '-', not '-' at its ends",
        ["^([a-z][-a-z0-9]*)?$"] =
            "lower-case letters, digits and '-', beginning with a letter",
        ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"] =
            "a Kubernetes object name (lower-case letters, digits, '-' and '.')",
        ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"] =
            "a name with a domain, such as nvidia.com/gpu",
        ["^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$"] =
            "a label key, such as topology.kubernetes.io/zone",
        ["^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+$"] =
            "a name with a domain, such as training.mhc.dev/operator",
        ["^[A-Za-z_][A-Za-z0-9_]*$"] =
            "a C identifier (letters, digits and '_', not beginning with a digit)",
        ["^([^/.]|\\.[^/.]|\\.\\.[^/])[^/]*(/([^/.]|\\.[^/.]|\\.\\.[^/])[^/]*)*$"] =
            "a relative path without \".\" and \"..\"",
        ["^\\+?([1-9][0-9]*(\\.[0-9]*)?|0*\\.0*[1-9][0-9]*)([kMGTPE]|[KMGTPE]i|[eE][0-9]+)?$"] =
            "a Kubernetes quantity over 0, such as 10Gi",
    };

    /// <summary>Such as "a whole number from 1 to 8" or "one of Sum, Learned".</summary>
    public static string Of(SchemaNode schema) => schema.Type switch
    {
        SchemaType.Integer => $"a whole number{Range(schema)}",
        SchemaType.Number => $"a number{Range(schema)}",
        SchemaType.Boolean => "true or false",
        SchemaType.Array => "a list",
        SchemaType.Object => "an object",
        _ when schema.Enum.Count > 0 => $"one of {string.Join(", ", schema.Enum)}",
        _ when schema.Pattern is { } pattern => PatternNames.GetValueOrDefault(pattern.ToString(), $"text that matches {pattern}"),
        _ when schema.Format == "date-time" => "a time such as 2026-01-31T12:00:00Z",
        _ => "text",
    };

    /// <summary>Such as <c>"abc"</c>, 7, a list, nothing; long text is cut.</summary>
    public static string Got(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "an object",
        JsonArray => "a list",
        _ when JsonScalars.TryString(value, out var text) => PrintableText.Quote(text),
        _ when value.GetValueKind() == JsonValueKind.String => "text that is not Unicode",
        _ => PrintableText.Cut(value.ToJsonString()),
    };

    /// <summary>The number as short as it can be read back.</summary>
    public static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Range(SchemaNode schema)
    {
        var maximum = schema.Maximum ?? (schema is { Type: SchemaType.Integer, Format: "int32" } ? int.MaxValue : null);
        var low = schema.ExclusiveMinimum ? "over" : "of at least";
        var high = schema.ExclusiveMaximum ? "under" : "at most";
        return (schema.Minimum, maximum) switch
        {
            ({ } min, { } max) when !schema.ExclusiveMinimum && !schema.ExclusiveMaximum => $" from {Number(min)} to {Number(max)}",
            ({ } min, { } max) => $" {low} {Number(min)} and {high} {Number(max)}",
            ({ } min, null) => $" {low} {Number(min)}",
            (null, { } max) => $" {(schema.ExclusiveMaximum ? high : "of at most")} {Number(max)}",
            _ => "",
        };
    }
}
