using System.Buffers.Binary;
using System.Text.Json;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Reads the safetensors format. A file that does not keep to it is an <see cref="InvalidDataException"/> that says where.
/// </summary>
internal static class SafeTensorsReader
{
    private const ulong LongestHeader = 100_000_000;

    /// <summary>Reads all tensors of a file that <paramref name="wanted"/> lets through.</summary>
    /// <returns>New tensors, detached from any dispose scope: the caller disposes of them.</returns>
    /// <exception cref="InvalidDataException">The file is not what its header says.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyList<NamedTensor> Read(string path, Func<string, bool> wanted)
    {
        using var file = RegularFile.OpenRead(path);
        var header = ReadHeader(file, path);
        var start = file.Position;
        var left = file.Length - start; // so that few bytes do not become many tensors
        List<NamedTensor> tensors = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        try
        {
            foreach (var (name, entry) in Entries(header, path).Where(e => wanted(e.Name)))
            {
                var where = $"{path}: {PrintableText.Quote(name)}";
                if (!names.Add(name))
                {
                    throw new InvalidDataException($"{where}: is there twice");
                }

                tensors.Add(new NamedTensor(name, ReadTensor(file, start, left, where, entry)));
                left -= tensors[^1].Bytes;
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

    /// <summary>The tensors' descriptions by name. A name that is not UTF-8 shows only when it is asked for.</summary>
    private static List<(string Name, JsonElement Entry)> Entries(JsonDocument header, string path)
    {
        try
        {
            return [.. header.RootElement.EnumerateObject().Where(e => !e.NameEquals("__metadata__")).Select(e => (e.Name, e.Value))];
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{path}: a name in the header is not UTF-8: {e.Message}", e);
        }
    }

    private static Tensor ReadTensor(FileStream file, long start, long left, string where, JsonElement entry)
    {
        var (type, shape, begin, end) = Describe(where, entry);
        // In 128 bits nothing that fits into the file can have come about by an overflow.
        var bytes = shape.Aggregate((Int128)TensorFormat.SizeOf(type), (product, size) => product > file.Length ? product : product * size);
        if (shape.Any(size => size < 0) || begin < 0 || (Int128)end - begin != bytes || (Int128)start + end > file.Length)
        {
            throw new InvalidDataException($"{where}: offsets [{begin}, {end}] do not hold {bytes} bytes inside a file of {file.Length}");
        }

        if (bytes > left)
        {
            throw new InvalidDataException($"{where}: overlaps another tensor");
        }

        // Of no elements, but with strides that do not fit into a number.
        var extent = shape.Aggregate((Int128)TensorFormat.SizeOf(type),
            (product, size) => product > long.MaxValue ? product : product * Math.Max(size, 1));
        if (extent > long.MaxValue)
        {
            throw new InvalidDataException($"{where}: a shape of [{string.Join(", ", shape)}] cannot be");
        }

        var tensor = empty(shape, type).DetachFromDisposeScope();
        file.Position = start + begin;
        TensorBytes.Write(tensor, file.ReadExactly);
        return tensor;
    }

    private static (ScalarType Type, long[] Shape, long Begin, long End) Describe(string where, JsonElement entry)
    {
        try
        {
            var type = entry.GetProperty("dtype").GetString() ?? "";
            var offsets = entry.GetProperty("data_offsets");
            return (
                TensorFormat.TypeOf(type) ?? throw new InvalidDataException($"{where}: unknown element type {PrintableText.Quote(type)}"),
                [.. entry.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())],
                offsets[0].GetInt64(),
                offsets[1].GetInt64());
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException
            or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException($"{where}: dtype, shape and data_offsets are expected: {e.Message}", e);
        }
    }
}
