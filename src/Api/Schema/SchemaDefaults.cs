using System.Text.Json.Nodes;

namespace MhcOperator.Api.Schema;

/// <summary>Defaults that an object does not spell out.</summary>
internal static class SchemaDefaults
{
    /// <summary>
    /// Those that are missing: the object that lacks each, its JSON pointer (RFC 6901), and the default with all of its own. What has a
    /// wrong type is passed over.
    /// </summary>
    /// <param name="value">It is not changed.</param>
    /// <param name="schema">Of the value.</param>
    /// <param name="pointer">Of the value.</param>
    public static IEnumerable<(JsonObject Owner, string Name, string Pointer, JsonNode? Value)> Missing(
        JsonNode? value, SchemaNode schema, string pointer)
    {
        if (value is JsonObject json)
        {
            foreach (var (name, property) in schema.Properties)
            {
                var child = $"{pointer}/{name}"; // names in the definition need no escapes
                if (json[name] is { } given)
                {
                    foreach (var missing in Missing(given, property, child))
                    {
                        yield return missing;
                    }
                }
                else if (property.Default is { } fallback)
                {
                    yield return (json, name, child, new SchemaChecker([], null).Check(fallback, property, child));
                }
            }
        }
        else if (value is JsonArray array && schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
            {
                foreach (var missing in Missing(array[i], items, FormattableString.Invariant($"{pointer}/{i}")))
                {
                    yield return missing;
                }
            }
        }
    }
}
