using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MhcOperator.Api.Schema;

/// <summary>
/// How large a tree may be whose fields the definition does not list. A value of two bytes takes some hundred in memory, so that few
/// objects of the size that an API server stores would fill that of the operator. What is too large is measured without being unfolded, and
/// is not kept.
/// </summary>
/// <param name="Bytes">As compact JSON.</param>
/// <param name="Values">Objects, lists and what is in them.</param>
internal readonly record struct TreeLimit(int Bytes, int Values)
{
    private const int DeepestLevel = 100_000;

    /// <summary>Of a pod template: some twenty times what large ones have.</summary>
    public static readonly TreeLimit Template = new(64 * 1024, 5_000);

    /// <summary>Of what the operator itself has put into a status.</summary>
    public static readonly TreeLimit Stored = new(1024 * 1024, 20_000);

    public static TreeLimit Of(string path) => path == JobSchema.PodTemplate ? Template : Stored;

    /// <summary>What is wrong with the size of a tree; null: nothing.</summary>
    public string? Fault(JsonNode tree)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { MaxDepth = DeepestLevel, SkipValidation = true }))
        {
            tree.WriteTo(writer);
        }

        var values = 0;
        var reader = new Utf8JsonReader(text.WrittenSpan, new JsonReaderOptions { MaxDepth = DeepestLevel });
        while (reader.Read())
        {
            values += reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.EndObject or JsonTokenType.EndArray ? 0 : 1;
        }

        return text.WrittenCount <= Bytes && values <= Values
            ? null
            : string.Create(CultureInfo.InvariantCulture,
                $"expected at most {Bytes:N0} bytes and {Values:N0} values, got {text.WrittenCount:N0} bytes and {values:N0} values; put what is large into a ConfigMap or an image");
    }
}
