using System.Text.Json;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Vectors;

/// <summary>
/// A vector file's fields, checked as they are read. Every error is an <see cref="InvalidDataException"/> that names file and field.
/// </summary>
internal sealed class VectorFile
{
    private readonly Dictionary<string, JsonElement> _fields;

    private VectorFile(string path, Dictionary<string, JsonElement> fields)
    {
        Path = path;
        _fields = fields;
    }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not a vector file.</exception>
    public static IVectorCase Load(string path)
    {
        Dictionary<string, JsonElement> fields = new(StringComparer.Ordinal);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException($"{path}: a JSON object is expected, not {document.RootElement.ValueKind}.");
            }

            foreach (var property in document.RootElement.EnumerateObject())
            {
                fields[property.Name] = property.Value.Clone();
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: not valid JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"{path}: cannot be read: {exception.Message}", exception);
        }

        var file = new VectorFile(path, fields);
        return file.Text("kind") switch
        {
            "sinkhorn" => new SinkhornCase(file),
            "layer" => new LayerCase(file),
            var kind => throw file.Wrong("kind", $"must be sinkhorn or layer, not {kind}"),
        };
    }

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Integer(string field, int least, int most)
    {
        var element = Field(field);
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= least && value <= most
            ? value
            : throw Wrong(field, $"must be a whole number from {least} to {most}, not {element.GetRawText()}");
    }

    /// <summary>A number; null where absent.</summary>
    public double? OptionalNumber(string field)
    {
        if (!_fields.TryGetValue(field, out var element))
        {
            return null;
        }

        return element.ValueKind == JsonValueKind.Number ? element.GetDouble()
            : throw Wrong(field, $"must be a number, not {element.GetRawText()}");
    }

    /// <summary>A flattened array as a float64 tensor of the given shape.</summary>
    public Tensor Tensor(string field, params long[] shape)
    {
        var element = Field(field);
        var expected = shape.Aggregate(1L, (product, size) => product * size);
        if (element.ValueKind != JsonValueKind.Array || element.GetArrayLength() != expected)
        {
            var given = element.ValueKind == JsonValueKind.Array ? $"{element.GetArrayLength()}" : $"{element.ValueKind}";
            throw Wrong(field, $"must be an array of {expected} numbers, [{string.Join(", ", shape)}] row-major, not {given}");
        }

        var values = new double[expected];
        var i = 0;
        foreach (var item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number)
            {
                throw Wrong($"{field}[{i}]", $"must be a number, not {item.GetRawText()}");
            }

            values[i++] = item.GetDouble();
        }

        return tensor(values, shape, dtype: ScalarType.Float64);
    }

    private string Text(string field)
    {
        var element = Field(field);
        return element.ValueKind == JsonValueKind.String ? element.GetString()!
            : throw Wrong(field, $"must be a string, not {element.GetRawText()}");
    }

    private JsonElement Field(string field) => _fields.TryGetValue(field, out var element) ? element : throw Wrong(field, "is missing");

    private InvalidDataException Wrong(string field, string problem) => new($"{Path}: `{field}` {problem}.");
}
