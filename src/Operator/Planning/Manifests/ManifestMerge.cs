using System.Text.Json.Nodes;
using MhcOperator.Api.Validation.Rules;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// Lays a template's overrides over a manifest: maps are merged field by field; lists whose items have names (containers, volumes,
/// environment) item by item, mounts by their path; any other list is replaced. Of fields that exclude each other, the override's take the
/// place of all others. Null removes a field, and so does <c>$patch: delete</c> an object or an item of a list; <c>$patch: replace</c>
/// keeps nothing of what was there.
/// </summary>
internal static class ManifestMerge
{
    private static readonly string[] Handlers = ["exec", "grpc", "httpGet", "sleep", "tcpSocket"];

    /// <summary>Changes <paramref name="target"/>; takes copies from <paramref name="overrides"/>.</summary>
    public static void Into(JsonObject target, JsonObject overrides)
    {
        if (Directive(overrides) == PatchDirective.Replace)
        {
            target.Clear();
        }

        foreach (var (name, value) in overrides)
        {
            if (name == PatchDirective.Name)
            {
                continue;
            }

            if (value is null || Directive(value) == PatchDirective.Delete)
            {
                target.Remove(name);
            }
            else if (value is JsonObject map)
            {
                if (target[name] is not JsonObject existing)
                {
                    target[name] = existing = [];
                }

                MakeRoom(existing, map, UnionIn(name));
                Into(existing, map);
            }
            else if (value is JsonArray items && KeyOf(name) is { } key && IsKeyed(items, key)
                && IsKeyed(target[name] ??= new JsonArray(), key))
            {
                IntoList(target[name]!.AsArray(), items, key, UnionOf(name));
            }
            else
            {
                target[name] = Clean(value);
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

    /// <summary>Which fields of the object in a field exclude each other; null: none do.</summary>
    private static Func<string, bool>? UnionIn(string field) => field switch
    {
        "livenessProbe" or "readinessProbe" or "startupProbe" or "postStart" or "preStop" =>
            name => Handlers.Contains(name, StringComparer.Ordinal),
        "valueFrom" => _ => true,
        // The name of a profile belongs to one type of profile.
        "seccompProfile" or "appArmorProfile" => _ => true,
        _ => null,
    };

    /// <summary>The same for each item of a list.</summary>
    private static Func<string, bool>? UnionOf(string list) => list switch
    {
        "volumes" or "resourceClaims" => name => name != "name",
        "env" => name => name is "value" or "valueFrom",
        "volumeMounts" => name => name is "subPath" or "subPathExpr",
        _ => null,
    };

    /// <summary>Takes away what excludes what the override brings.</summary>
    private static void MakeRoom(JsonObject existing, JsonObject map, Func<string, bool>? isOfUnion)
    {
        if (isOfUnion is null || !map.Any(field => field.Value is not null && isOfUnion(field.Key)))
        {
            return;
        }

        foreach (var name in existing.Select(field => field.Key).Where(name => isOfUnion(name) && map[name] is null).ToList())
        {
            existing.Remove(name);
        }
    }

    private static bool IsKeyed(JsonNode? node, string key) =>
        node is JsonArray list && list.All(i => i is JsonObject o && KeyIn(o, key) is not null);

    private static void IntoList(JsonArray list, JsonArray items, string key, Func<string, bool>? union)
    {
        foreach (var item in items.OfType<JsonObject>())
        {
            var existing = list.OfType<JsonObject>().FirstOrDefault(o => KeyIn(o, key) == KeyIn(item, key));
            if (Directive(item) == PatchDirective.Delete)
            {
                list.Remove(existing);
                continue;
            }

            // Another volume at the same path is another mount.
            if (existing is null || (key != "name" && KeyIn(item, "name") is { } volume && volume != KeyIn(existing, "name")))
            {
                var added = new JsonObject();
                list.Remove(existing);
                list.Add((JsonNode)added);
                existing = added;
            }

            MakeRoom(existing, item, union);
            Into(existing, item);
        }
    }

    /// <summary>A copy without nulls and directives: they speak of what is below, and there is nothing.</summary>
    private static JsonNode Clean(JsonNode value)
    {
        switch (value)
        {
            case JsonObject map:
                var clean = new JsonObject();
                Into(clean, map);
                return clean;
            case JsonArray list:
                var kept = list.Where(item => Directive(item) != PatchDirective.Delete);
                return new JsonArray([.. kept.Select(item => item is null ? null : Clean(item))]);
            default:
                return value.DeepClone();
        }
    }

    private static string? Directive(JsonNode? value) => value is JsonObject map ? KeyIn(map, PatchDirective.Name) : null;

    private static string? KeyIn(JsonObject item, string key) =>
        item[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
