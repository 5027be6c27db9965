using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Reads the safetensors format. A file that does not keep to it is an <see cref="InvalidDataException"/> that says where.</summary>
internal static class SafeTensorsReader
{
    private const ulong LongestHeader = 100_000_000;

    /// <summary>Reads all tensors of a file that <paramref name="wanted"/> lets through.</summary>
    /// <returns>New tensors, detached from any dispose scope: the caller disposes of them.</returns>
    /// <exception cref="InvalidDataException">The file is not what its header says.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<NamedTensor> Read(string path, Func<string, bool> wanted)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var header = ReadHeader(file, path);
        var start = file.Position;
        List<NamedTensor> tensors = [];
        try
        {
            foreach (var entry in header.RootElement.EnumerateObject().Where(e => !e.NameEquals("__metadata__") && wanted(e.Name)))
            {
                tensors.Add(new NamedTensor(entry.Name, ReadTensor(file, start, path, entry)));
            }

            return tensors;
        }
        catch
        {
            tensors.ForEach(t => t.Value.Dispose());
            throw;
        }
        finally
        {
            header.Dispose();
        }
    }

    private static JsonDocument ReadHeader(FileStream file, string path)
    {
        Span<byte> prefix = stackalloc byte[sizeof(ulong)];
        if (file.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
        {
            throw new InvalidDataException($"{path}: too short for a safetensors header");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > LongestHeader || (long)length > file.Length - prefix.Length)
        {
            throw new InvalidDataException($"{path}: a header of {length} bytes does not fit into a file of {file.Length}");
        }

        var json = new byte[length];
        file.ReadExactly(json);
        try
        {
            var header = JsonDocument.Parse(json);
            return header.RootElement.ValueKind == JsonValueKind.Object
                ? header
                : throw new InvalidDataException($"{path}: the header is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path}: the header is not JSON: {e.Message}", e);
        }
    }

    private static Tensor ReadTensor(FileStream file, long start, string path, JsonProperty entry)
    {
        var (type, shape, begin, end) = Describe(path, entry);
        var bytes = shape.Aggregate((long)TensorFormat.SizeOf(type), (product, size) => checked(product * size));
        if (begin < 0 || end - begin != bytes || start + end > file.Length)
        {
            throw new InvalidDataException($"{path}: {entry.Name}: offsets [{begin}, {end}] do not hold {bytes} bytes inside a file of {file.Length}");
        }

        var tensor = empty(shape, type).DetachFromDisposeScope();
        file.Position = start + begin;
        TensorBytes.Write(tensor, file.ReadExactly);
        return tensor;
    }

    private static (ScalarType Type, long[] Shape, long Begin, long End) Describe(string path, JsonProperty entry)
    {
        try
        {
            var type = entry.Value.GetProperty("dtype").GetString() ?? "";
            var offsets = entry.Value.GetProperty("data_offsets");
            return (
                TensorFormat.TypeOf(type) ?? throw new InvalidDataException($"{path}: {entry.Name}: unknown element type {type}"),
                [.. entry.Value.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())],
                offsets[0].GetInt64(),
                offsets[1].GetInt64());
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{path}: {entry.Name}: dtype, shape and data_offsets are expected: {e.Message}", e);
        }
    }
}
