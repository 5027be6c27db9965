using System.Buffers.Binary;
using System.Text.Json;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Writes the safetensors format: eight bytes with the header's length, a JSON header padded to eight bytes, then the tensors' bytes.
/// Python's safetensors package reads it.
/// </summary>
internal static class SafeTensorsWriter
{
    private const int Alignment = 8;

    /// <summary>Writes a file's whole content.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">Names must differ.</param>
    /// <param name="metadata">Texts for the header.</param>
    public static void Write(Stream stream, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var header = Header(tensors, metadata);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var tensor in tensors)
        {
            TensorBytes.Read(tensor.Value, stream.Write);
        }
    }

    private static byte[] Header(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (name, text) in metadata)
            {
                json.WriteString(name, text);
            }

            json.WriteEndObject();
            long offset = 0;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", TensorFormat.NameOf(tensor.Value.dtype));
                json.WriteStartArray("shape");
                foreach (var size in tensor.Value.shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % Alignment != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }
}
