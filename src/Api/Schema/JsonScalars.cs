using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MhcOperator.Api.Schema;

/// <summary>
/// Reads JSON scalars whatever they were made from; a <see cref="JsonValue"/> converts by itself only where it came from a text.
/// </summary>
internal static class JsonScalars
{
    /// <summary>A string that is valid Unicode.</summary>
    public static bool TryString(JsonNode? node, out string text)
    {
        text = "";
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.String)
        {
            return false;
        }

        try
        {
            text = value.TryGetValue<string>(out var direct) ? direct : value.ToString();
            return !HasLoneSurrogate(text);
        }
        catch (InvalidOperationException)
        {
            // "\ud800" alone is valid JSON, but no text.
            return false;
        }
    }

    /// <summary>A finite number.</summary>
    public static bool TryNumber(JsonNode? node, out double number)
    {
        number = 0;
        return node is JsonValue value && value.GetValueKind() == JsonValueKind.Number
            && double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number)
            && double.IsFinite(number);
    }

    /// <summary>A whole number that fits into 64 bits, 1.0 and 1e3 included: the server takes them for integers too.</summary>
    public static bool TryInteger(JsonNode? node, out long integer)
    {
        integer = 0;
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
        {
            return false;
        }

        var text = value.ToJsonString();
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out integer))
        {
            return true;
        }

        // A client that reads 1e18 has a double, and writes it with as few digits as name it, and zeros behind them (Go's
        // strconv.FormatFloat).
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && double.IsInteger(number) && Math.Abs(number) < 1e19
            && decimal.Parse(number.ToString("R", CultureInfo.InvariantCulture), NumberStyles.Float,
                CultureInfo.InvariantCulture) is >= long.MinValue and <= long.MaxValue and var whole)
        {
            integer = (long)whole;
            return true;
        }

        return false;
    }

    public static bool TryBoolean(JsonNode? node, out bool flag)
    {
        var kind = node is JsonValue value ? value.GetValueKind() : JsonValueKind.Undefined;
        flag = kind == JsonValueKind.True;
        return kind is JsonValueKind.True or JsonValueKind.False;
    }

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
            {
                return true;
            }

            i++;
        }

        return false;
    }
}
