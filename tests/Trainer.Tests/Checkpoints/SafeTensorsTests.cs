using System.Buffers.Binary;
using System.Text.Json;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class SafeTensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_element_type_comes_back_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        ScalarType[] types = [ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64,
            ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool];
        var tensors = types.Select(t => new NamedTensor($"a.{t}", (randn(3, 5) * 50).to(t))).Append(new NamedTensor("scalar", tensor(1.5f)))
            .Append(new NamedTensor("empty", zeros(0, 4))).ToList();

        var read = SafeTensorsReader.Read(Write(tensors), _ => true).ToDictionary(t => t.Name, t => t.Value, StringComparer.Ordinal);

        Assert.Equal(tensors.Count, read.Count);
        Assert.All(tensors, t =>
        {
            Assert.Equal(t.Value.dtype, read[t.Name].dtype);
            Assert.Equal(t.Value.shape, read[t.Name].shape);
            Assert.Equal(Bytes(t.Value), Bytes(read[t.Name]));
        });
    }

    [Fact]
    public void The_file_is_laid_out_as_the_format_says()
    {
        using var scope = NewDisposeScope();
        var path = Write([new NamedTensor("w", tensor([1f, 2f])), new NamedTensor("n", tensor(7L))]);

        var bytes = File.ReadAllBytes(path);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, length));
        var n = header.RootElement.GetProperty("n");

        Assert.Equal(0, length % 8);
        Assert.Equal("I64", n.GetProperty("dtype").GetString());
        Assert.Equal([8, 16], n.GetProperty("data_offsets").EnumerateArray().Select(o => o.GetInt32()));
        Assert.Empty(n.GetProperty("shape").EnumerateArray());
        Assert.Equal(7, BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(8 + length + 8)));
        Assert.Equal(8 + length + 16, bytes.Length);
    }

    [Fact]
    public void Only_wanted_tensors_are_read()
    {
        using var scope = NewDisposeScope();
        var path = Write([new NamedTensor("model.w", tensor(1f)), new NamedTensor("optimizer.w", tensor(2f))]);

        Assert.Equal(["model.w"], SafeTensorsReader.Read(path, n => n.StartsWith("model.", StringComparison.Ordinal)).Select(t => t.Name));
    }

    [Fact]
    public void A_damaged_file_is_an_error_of_the_file_and_never_anything_else()
    {
        using var scope = NewDisposeScope();
        var whole = File.ReadAllBytes(Write([new NamedTensor("w", randn(4, 4)), new NamedTensor("v", randn(3))]));
        Properties.ForSeeds(200, random =>
        {
            var bytes = whole[..random.Next(0, whole.Length)];
            for (var i = 0; i < 3 && bytes.Length > 0; i++)
            {
                bytes[random.Next(0, bytes.Length)] = (byte)random.Next(32, 127);
            }

            var path = _folder.Write("damaged", bytes);
            var error = Record.Exception(() => SafeTensorsReader.Read(path, _ => true));
            Assert.True(error is null or InvalidDataException or EndOfStreamException or OverflowException, $"{error}");
        });
    }

    private string Write(IReadOnlyList<NamedTensor> tensors)
    {
        using var stream = new MemoryStream();
        SafeTensorsWriter.Write(stream, tensors, new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        return _folder.Write("file.safetensors", stream.ToArray());
    }

    private static byte[] Bytes(Tensor tensor)
    {
        using var stream = new MemoryStream();
        TensorBytes.Read(tensor, stream.Write);
        return stream.ToArray();
    }
}
