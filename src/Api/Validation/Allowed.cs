using System.Text.Json.Nodes;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Validation;

/// <summary>What one field may be.</summary>
/// <param name="Expected">The same in words.</param>
/// <param name="Holds">Whether a value, which is not null, is that.</param>
internal sealed record Allowed(string Expected, Func<JsonNode, bool> Holds)
{
    public static readonly Allowed Any = new("anything", _ => true);
    public static readonly Allowed Yes = new("true", value => Is(value, true));

    /// <summary>Whether it must be said.</summary>
    public bool IsDemanded { get; init; }

    public static Allowed Texts(params string[] texts) => new(
        string.Join(" or ", texts.Where(t => t.Length > 0).DefaultIfEmpty("nothing")),
        value => Text(value) is { } text && texts.Contains(text, StringComparer.Ordinal));

    /// <summary>An object with some of these fields, and with all of the needed ones.</summary>
    public static Allowed Object(string expected, (string Name, Allowed Rule)[] fields, params string[] needed) => new(
        expected,
        value => value is JsonObject json
        && json.All(field => field.Value is null || fields.Any(f => f.Name == field.Key && f.Rule.Holds(field.Value)))
        && needed.All(name => json[name] is not null));

    /// <summary>A list of such objects.</summary>
    public static Allowed List(string expected, (string Name, Allowed Rule)[] fields, params string[] needed) =>
        new(
            expected, value => value is JsonArray list
                && list.All(item => item is not null && Object(expected, fields, needed).Holds(item)));

    /// <summary>These, and further fields with any value.</summary>
    public static Dictionary<string, Allowed> Only((string Name, Allowed Rule)[] rules, params string[] free) =>
        rules.Concat(free.Select(name => (Name: name, Rule: Any)))
            .ToDictionary(field => field.Name, field => field.Rule, StringComparer.Ordinal);

    /// <summary>These, and all other fields of that kind of object with any value.</summary>
    public static Dictionary<string, Allowed> Of(PodType type, (string Name, Allowed Rule)[] rules) =>
        Only(rules, [.. type.Fields.Keys.Except(rules.Select(field => field.Name), StringComparer.Ordinal).Order(StringComparer.Ordinal)]);

    public static bool Is(JsonNode? value, bool expected) => JsonScalars.TryBoolean(value, out var given) && given == expected;

    public static string? Text(JsonNode? value) => JsonScalars.TryString(value, out var text) ? text : null;
}
