using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MhcOperator.Api.Contract;

/// <summary>Data steps from <paramref name="First"/> to <paramref name="Last"/>, both included.</summary>
/// <param name="First">First data step, at least 0.</param>
/// <param name="Last">Last data step, at least <paramref name="First"/>.</param>
[JsonConverter(typeof(DataWindowJsonConverter))]
public readonly record struct DataWindow(long First, long Last)
{
    /// <summary>Whether the window holds a data step.</summary>
    public bool Contains(long dataStep) => dataStep >= First && dataStep <= Last;

    /// <summary><c>a-b</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{First}-{Last}");

    /// <summary>Reads <c>a-b,c-d</c>; an empty text is no window.</summary>
    /// <exception cref="FormatException">The text is something else; the message says what was expected.</exception>
    public static IReadOnlyList<DataWindow> ParseList(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Parse)];
    }

    /// <summary>Writes what <see cref="ParseList"/> reads.</summary>
    /// <param name="windows">Texts of windows; an empty one is none.</param>
    public static string FormatList(IEnumerable<string> windows) => string.Join(',', windows.Where(window => window.Length > 0));

    private static DataWindow Parse(string text)
    {
        var parts = text.Split('-');
        return parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first <= last
            ? new DataWindow(first, last)
            : throw new FormatException(
                $"\"{text}\" is not a window of data steps: expected first-last with 0 <= first <= last, such as 195-204");
    }
}

/// <summary>A window is an array of two numbers, <c>[first, last]</c>.</summary>
public sealed class DataWindowJsonConverter : JsonConverter<DataWindow>
{
    /// <inheritdoc/>
    public override DataWindow Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException("a window of data steps is [first, last]");
        }

        var first = Next(ref reader);
        var last = Next(ref reader);
        return reader.Read() && reader.TokenType == JsonTokenType.EndArray && first >= 0 && first <= last
            ? new DataWindow(first, last)
            : throw new JsonException("a window of data steps is [first, last] with 0 <= first <= last");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DataWindow value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray();
        writer.WriteNumberValue(value.First);
        writer.WriteNumberValue(value.Last);
        writer.WriteEndArray();
    }

    private static long Next(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value)
            ? value
            : throw new JsonException("a window of data steps is [first, last], two whole numbers");
}
