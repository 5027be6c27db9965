using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation.Rules;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// Holds a file's metadata against the rules that the server will hold it against. What comes from a server was accepted there, and is not
/// judged again.
/// </summary>
internal static class MetadataCheck
{
    /// <param name="metadata">With the right types.</param>
    public static IEnumerable<FieldError> Of(JsonObject metadata)
    {
        const string root = "metadata";
        foreach (var map in (string[])["labels", "annotations"])
        {
            var path = FieldPath.Child(root, map);
            var values = (metadata[map] as JsonObject ?? [])
                .Where(p => p.Value is not null)
                .Select(p => KeyValuePair.Create(p.Key, (string)p.Value!))
                .ToList();
            foreach (var (key, value) in values)
            {
                if (KubernetesNames.Key(map == "labels" ? key : key.ToLowerInvariant()) is { } expectedKey)
                {
                    var child = FieldPath.Child(path, key);
                    yield return new FieldError(child, $"expected as the key {expectedKey}, got {PrintableText.Quote(key)}");
                }

                if (map == "labels" && KubernetesNames.LabelValue(value) is { } expectedValue)
                {
                    yield return new FieldError(FieldPath.Child(path, key), $"expected {expectedValue}, got {PrintableText.Quote(value)}");
                }
            }

            if (map == "annotations" && KubernetesNames.AnnotationSize(values) is { } size)
            {
                yield return new FieldError(path, $"expected {size}");
            }
        }

        foreach (var (finalizer, i) in (metadata["finalizers"] as JsonArray ?? []).Select((item, i) => ((string)item!, i)))
        {
            if (KubernetesNames.Key(finalizer) is { } expected)
            {
                var child = FieldPath.Item($"{root}.finalizers", i);
                yield return new FieldError(child, $"expected a name in the form of {expected}, got {PrintableText.Quote(finalizer)}");
            }
        }

        if (string.IsNullOrEmpty((string?)metadata["name"]) && string.IsNullOrEmpty((string?)metadata["generateName"]))
        {
            var name = JobSchema.Root.Property("metadata")!.Property("name")!;
            yield return new FieldError($"{root}.name", $"expected {Expectation.Of(name)}, got nothing");
        }
    }
}
