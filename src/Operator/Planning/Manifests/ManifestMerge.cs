using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// Lays a template's overrides over a manifest: maps are merged field by field; lists whose items have names (containers, volumes, environment)
/// item by item, mounts by their path; any other list is replaced. Null removes a field.
/// </summary>
internal static class ManifestMerge
{
    /// <summary>Changes <paramref name="target"/>; takes copies from <paramref name="overrides"/>.</summary>
    public static void Into(JsonObject target, JsonObject overrides)
    {
        foreach (var (name, value) in overrides)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject map && target[name] is JsonObject existing)
            {
                Into(existing, map);
            }
            else if (value is JsonArray items && target[name] is JsonArray list && KeyOf(name) is { } key && IsKeyed(items, key) && IsKeyed(list, key))
            {
                IntoList(list, items, key);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    // One volume may be mounted twice, so a mount is known by its path.
    private static string? KeyOf(string field) => field switch
    {
        "volumeMounts" => "mountPath",
        "containers" or "initContainers" or "volumes" or "env" or "ports" or "imagePullSecrets" or "resourceClaims" => "name",
        _ => null,
    };

    private static bool IsKeyed(JsonArray list, string key) => list.All(i => i is JsonObject o && KeyIn(o, key) is not null);

    private static void IntoList(JsonArray list, JsonArray items, string key)
    {
        foreach (var item in items.OfType<JsonObject>())
        {
            if (list.OfType<JsonObject>().FirstOrDefault(o => KeyIn(o, key) == KeyIn(item, key)) is { } existing)
            {
                Into(existing, item);
            }
            else
            {
                list.Add(item.DeepClone());
            }
        }
    }

    private static string? KeyIn(JsonObject item, string key) => item[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
