using System.Text.Json.Nodes;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// Finds which defaults an object does not spell out: those of the resource definition. A default that follows other fields
/// (<c>model.keyValueHeads</c> as many as <c>heads</c>) is none of them: written down, it would stay what it was when its fields change.
/// </summary>
public static class JobDefaults
{
    /// <summary>
    /// A JSON patch (RFC 6902) that writes them; empty where all are there. What has a wrong type is left for validation to name.
    /// </summary>
    /// <param name="job">The object; it is not changed.</param>
    public static JsonArray Patch(JsonObject job)
    {
        ArgumentNullException.ThrowIfNull(job);
        var patch = new JsonArray();
        Add(patch, job["spec"], JobSchema.Spec, "/spec");
        return patch;
    }

    private static void Add(JsonArray patch, JsonNode? value, SchemaNode schema, string pointer)
    {
        if (value is JsonObject json)
        {
            foreach (var (name, property) in schema.Properties)
            {
                var child = $"{pointer}/{name}"; // names in the definition need no escapes
                if (json[name] is { } given)
                {
                    Add(patch, given, property, child);
                }
                else if (property.Default is { } fallback)
                {
                    patch.Add(
                        (JsonNode)new JsonObject
                        {
                            ["op"] = "add",
                            ["path"] = child,
                            ["value"] = new SchemaChecker([], null).Check(fallback, property, child)
                        });
                }
            }
        }
        else if (value is JsonArray array && schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
            {
                Add(patch, array[i], items, FormattableString.Invariant($"{pointer}/{i}"));
            }
        }
    }
}
