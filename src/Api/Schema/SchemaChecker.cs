using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Yaml;

namespace MhcOperator.Api.Schema;

/// <summary>
/// Holds a JSON tree against a schema: copies it with all defaults filled in and reports what is wrong. The copy has
/// only what the schema knows, in the schema's order, and every value in it has the schema's type: what has another one
/// is replaced by its default or left out, so that the copy can always be read into the records. Values that are out of
/// range, too long or of the wrong pattern stay. The input is not changed.
/// </summary>
/// <param name="errors">Findings are added here, in the order of the schema's fields.</param>
/// <param name="lines">Where the fields are in the text; null where there is none.</param>
internal sealed class SchemaChecker(List<FieldError> errors, SourceLines? lines)
{
    /// <summary>The clean copy; null where there is nothing left of it.</summary>
    public JsonNode? Check(JsonNode? value, SchemaNode schema, string path)
    {
        var (right, copy) = schema.Type switch
        {
            SchemaType.Object => (value is JsonObject, (JsonNode?)null),
            SchemaType.Array => (value is JsonArray, null),
            SchemaType.String => CheckString(value, schema),
            SchemaType.Integer => CheckInteger(value, schema),
            SchemaType.Number => (JsonScalars.TryNumber(value, out var number), JsonValue.Create(number)),
            _ => (JsonScalars.TryBoolean(value, out var flag), JsonValue.Create(flag)),
        };
        if (!right)
        {
            Expected(schema, path, value);
            return Default(schema, path);
        }

        switch (value)
        {
            case JsonObject json when schema.PreserveUnknown && TreeLimit.Of(path).Fault(json) is { } fault:
                Add(path, fault);
                return null;
            case JsonObject json:
                return CheckObject(json, schema, path);
            case JsonArray array:
                return CheckArray(array, schema, path);
            default:
                CheckLimits(copy!, schema, path, value);
                return copy;
        }
    }

    private JsonObject CheckObject(JsonObject json, SchemaNode schema, string path)
    {
        var copy = new JsonObject();
        foreach (var (name, property) in schema.Properties)
        {
            var child = FieldPath.Child(path, name);
            var given = json.TryGetPropertyValue(name, out var value);

            var required = schema.Required.Contains(name, StringComparer.Ordinal);

            // As on the server: a field that is null is as good as left out.
            var result = value is not null || (given && required && property.Default is null) ? Check(value, property, child)
                : Default(property, child);
            if (!given && required)
            {
                Add(child, $"expected {Expectation.Of(property)}, got nothing");
            }

            if (result is not null)
            {
                copy.Add(name, result);
            }
        }

        foreach (var (name, value) in json)
        {
            if (schema.Property(name) is not null)
            {
                continue;
            }

            if (schema.AdditionalProperties is { } values)
            {
                copy.Add(name, Check(value, values, FieldPath.Child(path, name)));
            }
            else if (schema.PreserveUnknown)
            {
                copy.Add(name, value?.DeepClone());
            }
            else
            {
                Unknown(schema, path, name);
            }
        }

        return copy;
    }

    private JsonArray CheckArray(JsonArray array, SchemaNode schema, string path)
    {
        if (schema.MaxItems is { } max && array.Count > max)
        {
            Add(path, Text($"expected at most {max} items, got {array.Count}"));
        }

        if (schema.MinItems is { } min && array.Count < min)
        {
            Add(path, Text($"expected at least {min} items, got {array.Count}"));
        }

        var copy = new JsonArray();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < array.Count; i++)
        {
            var child = FieldPath.Item(path, i);
            var item = Check(array[i], schema.Items!, child);
            if (item is null)
            {
                continue;
            }

            copy.Add(item);
            if (schema.ListMapKeys.Count > 0 && item is JsonObject entry)
            {
                CheckKey(entry, schema, child, i, seen);
            }
        }

        return copy;
    }

    private void CheckKey(JsonObject entry, SchemaNode schema, string path, int index, Dictionary<string, int> seen)
    {
        var key = string.Join(", ", schema.ListMapKeys.Select(k => Expectation.Got(entry[k])));
        if (!seen.TryAdd(key, index))
        {
            Add(
                FieldPath.Child(path, schema.ListMapKeys[0]),
                Text($"expected each {string.Join(" and ", schema.ListMapKeys)} once, got {key} in items {seen[key]} and {index}"));
        }
    }

    private static (bool Right, JsonNode? Copy) CheckString(JsonNode? value, SchemaNode schema)
    {
        var right = JsonScalars.TryString(value, out var text)
            && (schema.Enum.Count == 0 || schema.Enum.Contains(text, StringComparer.Ordinal))
            && (schema.Format != "date-time" || DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out _));
        return (right, JsonValue.Create(text));
    }

    private static (bool Right, JsonNode? Copy) CheckInteger(JsonNode? value, SchemaNode schema)
    {
        var right = JsonScalars.TryInteger(value, out var integer)
            && (schema.Format != "int32" || integer is >= int.MinValue and <= int.MaxValue);
        return (right, JsonValue.Create(integer));
    }

    private void CheckLimits(JsonNode copy, SchemaNode schema, string path, JsonNode? given)
    {
        if (schema.Type is SchemaType.Integer or SchemaType.Number)
        {
            if (JsonScalars.TryNumber(copy, out var number) && IsOutside(number, schema))
            {
                Expected(schema, path, given);
            }
        }
        else if (schema.Type == SchemaType.String && schema.Enum.Count == 0)
        {
            CheckText(copy.GetValue<string>(), schema, path);
        }
    }

    private void CheckText(string text, SchemaNode schema, string path)
    {
        if (text.Length < schema.MinLength)
        {
            Add(path, "expected text, got the empty text");
        }
        else if (schema.Pattern?.IsMatch(text) == false)
        {
            Expected(schema, path, JsonValue.Create(text));
        }

        // The server counts code points.
        if (schema.MaxLength is { } max && text.Length > max && text.EnumerateRunes().Count() is var length && length > max)
        {
            Add(path, Text($"expected at most {max} characters, got {length}"));
        }
    }

    private static bool IsOutside(double number, SchemaNode schema) =>
        (schema.Minimum is { } min && (number < min || (schema.ExclusiveMinimum && number == min)))
        || (schema.Maximum is { } max && (number > max || (schema.ExclusiveMaximum && number == max)));

    // A default holds by itself (a test checks the definition), but a default object still lacks its own fields.
    private JsonNode? Default(SchemaNode schema, string path) => schema.Default is { } value ? Check(value, schema, path) : null;

    private void Expected(SchemaNode schema, string path, JsonNode? value)
    {
        var hint = schema.Enum.Count > 0 && JsonScalars.TryString(value, out var text) && Suggestion.For(text, schema.Enum) is { } near
            ? $"; did you mean {near}?"
            : "";
        var quoted = schema.Type == SchemaType.String
            && value?.GetValueKind() is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False
            && schema.Enum.Count == 0
            ? "; put it in quotes if it is meant as text"
            : "";
        Add(path, $"expected {Expectation.Of(schema)}, got {Expectation.Got(value)}{hint}{quoted}");
    }

    private void Unknown(SchemaNode schema, string path, string name)
    {
        var names = schema.Properties.Select(p => p.Key).ToArray();
        var end = Suggestion.For(name, names) is { } near
            ? $"did you mean {near}?"
            : $"expected {(names.Length == 0 ? "no field at all" : $"one of {string.Join(", ", names)}")}";
        Add(FieldPath.Child(path, name), $"unknown field; {end}");
    }

    private void Add(string path, string message) => errors.Add(new FieldError(path, message, lines?.Find(path)));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
