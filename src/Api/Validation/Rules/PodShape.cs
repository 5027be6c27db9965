using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>
/// Holds a part of a pod against the fields that Kubernetes knows. A server drops a field of another name without a word, so one that is
/// near a known name is an error. One that is near none is a warning: a newer server may know it. A null asks for the operator's field to
/// be removed.
/// </summary>
internal sealed partial class PodShape(List<FieldError> errors, List<FieldError> warnings)
{
    public void Check(JsonObject json, PodType type, string path)
    {
        foreach (var (name, value) in json)
        {
            var child = FieldPath.Child(path, name);
            if (name == PatchDirective.Name)
            {
                CheckDirective(value, child);
            }
            else if (type.Fields.TryGetValue(name, out var field))
            {
                CheckField(value, field, child);
            }
            else if (Suggestion.For(name, type.Fields.Keys) is { } near)
            {
                errors.Add(new FieldError(child, $"unknown field; did you mean {near}?"));
            }
            else
            {
                warnings.Add(new FieldError(
                    child, $"no field of a {type.Name} that this version knows; a server that does not know it either drops it without a word"));
            }
        }
    }

    private void CheckField(JsonNode? value, PodField field, string path)
    {
        switch (value, field.Shape)
        {
            case (null, _):
                break;
            case (_, PodFieldShape.One):
                CheckValue(value, field, path);
                break;
            case (JsonArray list, PodFieldShape.List):
                for (var i = 0; i < list.Count; i++)
                {
                    CheckValue(list[i], field, FieldPath.Item(path, i));
                }

                break;
            case (JsonObject map, PodFieldShape.Map):
                foreach (var (key, item) in map)
                {
                    var child = FieldPath.Child(path, key);
                    if (key == PatchDirective.Name)
                    {
                        CheckDirective(item, child);
                    }
                    else if (item is not null)
                    {
                        CheckValue(item, field, child);
                    }
                }

                break;
            default:
                Expected(field.Shape == PodFieldShape.List ? "a list" : "an object", value, path);
                break;
        }
    }

    private void CheckValue(JsonNode? value, PodField field, string path)
    {
        switch (field.Kind)
        {
            case "string" when JsonScalars.TryString(value, out var text):
                if (MachineText.Plain(text) is { } message)
                {
                    errors.Add(new FieldError(path, message));
                }

                break;
            case "string":
                var isPlain = JsonScalars.TryNumber(value, out _) || JsonScalars.TryBoolean(value, out _);
                Expected("text", value, path, isPlain ? "; put it in quotes" : "");
                break;
            case "integer" when !JsonScalars.TryInteger(value, out _):
                Expected("a whole number", value, path);
                break;
            case "number" when !JsonScalars.TryNumber(value, out _):
                Expected("a number", value, path);
                break;
            case "boolean" when !JsonScalars.TryBoolean(value, out _):
                Expected("true or false", value, path);
                break;
            case "intOrString" when !JsonScalars.TryInteger(value, out _) && !JsonScalars.TryString(value, out _):
                Expected("a whole number or text", value, path);
                break;
            case "quantity" when !JsonScalars.TryNumber(value, out _)
                && !(JsonScalars.TryString(value, out var quantity) && Quantity().IsMatch(quantity)):
                Expected("a Kubernetes quantity, such as 500m or 10Gi", value, path);
                break;
            case "time" when !(JsonScalars.TryString(value, out var time) && Time().IsMatch(time)
                && DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, out _)):
                Expected("a time (RFC 3339), such as 2026-01-31T12:00:00Z", value, path);
                break;
            case var _ when field.Object is { } type:
                if (value is JsonObject json)
                {
                    Check(json, type, path);
                }
                else
                {
                    Expected("an object", value, path);
                }

                break;
        }
    }

    private void CheckDirective(JsonNode? value, string path)
    {
        if (!JsonScalars.TryString(value, out var text) || text is not (PatchDirective.Delete or PatchDirective.Replace))
        {
            Expected($"{PatchDirective.Delete} or {PatchDirective.Replace}", value, path);
        }
    }

    private void Expected(string what, JsonNode? got, string path, string hint = "") =>
        errors.Add(new FieldError(path, $"expected {what}, got {Expectation.Got(got)}{hint}"));

    [GeneratedRegex(@"\A[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quantity();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Time();
}
