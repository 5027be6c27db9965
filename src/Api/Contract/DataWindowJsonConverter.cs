using System.Text.Json;
using System.Text.Json.Serialization;

namespace MhcOperator.Api.Contract;

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
