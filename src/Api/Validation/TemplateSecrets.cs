using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Validation;

/// <summary>
/// Finds where a pod template names a Secret, for operators that allow none, or some only: in volumes, in variables, and to pull images.
/// Every field with "secret" in its name counts, one that is newer than the operator too; names that people give (labels, a driver's
/// attributes) do not.
/// </summary>
public static class TemplateSecrets
{
    private const int MaxDepth = 40; // a deeper template is invalid

    private const string FileOnTheNode = "secretFile";

    /// <summary>Every field of a template that names another Secret than these, with its path.</summary>
    /// <param name="template">Overrides of a pod; its shape need not be right.</param>
    /// <param name="allowed">Names of Secrets.</param>
    public static IReadOnlyList<FieldError> Check(JsonObject template, IReadOnlyCollection<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(allowed);
        var errors = new List<FieldError>();
        Walk(template["spec"], PodFields.Spec, $"{JobSchema.PodTemplate}.spec", MaxDepth, (path, name) =>
        {
            if (name is null || !allowed.Contains(name, StringComparer.Ordinal))
            {
                errors.Add(new FieldError(path, Message(name, allowed)));
            }
        });
        return errors;
    }

    private static void Walk(JsonNode? node, PodType? type, string path, int depth, Action<string, string?> found)
    {
        if (depth == 0)
        {
            return;
        }

        if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                Walk(items[i], type, FieldPath.Item(path, i), depth - 1, found);
            }
        }

        foreach (var (name, value) in node as JsonObject ?? [])
        {
            var field = type?.Fields.GetValueOrDefault(name);
            var child = FieldPath.Child(path, name);
            if (name.Contains("secret", StringComparison.OrdinalIgnoreCase) && name != FileOnTheNode)
            {
                Name(value, child, found);
            }
            else if (field?.Shape != PodFieldShape.Map)
            {
                Walk(value, field?.Object, child, depth - 1, found);
            }
        }
    }

    /// <summary>The names in a field that holds a name, a reference, what has one, or several of them.</summary>
    private static void Name(JsonNode? value, string path, Action<string, string?> found)
    {
        switch (value)
        {
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    Name(items[i], FieldPath.Item(path, i), found);
                }

                break;
            case JsonObject reference when ((string[])["name", "secretName"]).FirstOrDefault(reference.ContainsKey) is { } name:
                found(FieldPath.Child(path, name), JsonScalars.TryString(reference[name], out var named) ? named : null);
                break;
            case JsonObject:
                found(path, null);
                break;
            default:
                if (JsonScalars.TryString(value, out var text))
                {
                    found(path, text);
                }

                break;
        }
    }

    private static string Message(string? name, IReadOnlyCollection<string> allowed)
    {
        var got = name is null ? "one without a name" : PrintableText.Quote(name);
        return allowed.Count == 0
            ? $"expected no Secret, got {got}; the operator is started with --forbid-secrets-in-templates"
            : $"expected no Secret but {string.Join(", ", allowed)}, got {got}; the operator allows others only where it is started with --allow-secret-in-templates for them";
    }
}
