using System.Globalization;
using System.Text.Json.Nodes;

namespace MhcOperator.Testing.PodSecurity;

/// <summary>One control of the standard.</summary>
/// <param name="Control">Its name.</param>
/// <param name="Fields">
/// What it restricts: names with dots between, <c>[*]</c> for each item of a list, and <c>name*</c> for each name that begins so (with '/'
/// for its dots).
/// </param>
/// <param name="Allows">Whether it allows a value; null: the field is not there.</param>
/// <param name="Inherited">Field of the pod that counts for containers that say nothing, and must be allowed itself where it is
/// there.</param>
public sealed record StandardRow(string Control, string[] Fields, Func<JsonNode?, bool> Allows, string? Inherited = null)
{
    /// <summary>Fields of a pod that are against it.</summary>
    public IEnumerable<string> Check(JsonObject pod)
    {
        var above = Inherited is null ? null : Find(pod, Inherited, "").Single().Value;
        if (above is not null && !Allows(above))
        {
            yield return $"{Inherited} = {above.ToJsonString()}";
        }

        foreach (var (path, value) in Fields.SelectMany(field => Find(pod, field, "")))
        {
            if (!Allows(value ?? above))
            {
                yield return $"{path} = {value?.ToJsonString() ?? "nothing"}";
            }
        }
    }

    /// <summary>Every place that a field's path leads to; where something on the way is not there, its value is null.</summary>
    private static IEnumerable<(string Path, JsonNode? Value)> Find(JsonNode? node, string rest, string at)
    {
        if (rest.Length == 0 || node is null)
        {
            return [(rest.Length == 0 ? at : $"{at}.{rest}", rest.Length == 0 ? node : null)];
        }

        var dot = rest.IndexOf('.', StringComparison.Ordinal);
        var (name, after) = dot < 0 ? (rest, "") : (rest[..dot], rest[(dot + 1)..]);
        if (name.EndsWith("[*]", StringComparison.Ordinal))
        {
            var list = (node as JsonObject)?[name[..^3]] as JsonArray ?? [];
            return list.SelectMany((item, i) => Find(item, after, string.Create(CultureInfo.InvariantCulture, $"{at}.{name[..^3]}[{i}]")));
        }

        if (name.EndsWith('*'))
        {
            var start = name[..^1].Replace('/', '.');
            return ((node as JsonObject) ?? []).Where(f => f.Key.StartsWith(start, StringComparison.Ordinal))
                .Select(f => ($"{at}.{f.Key}", f.Value));
        }

        return Find((node as JsonObject)?[name], after, $"{at}.{name}");
    }
}
