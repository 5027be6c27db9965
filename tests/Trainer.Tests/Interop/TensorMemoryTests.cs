using MhcOperator.Trainer.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Interop;

public sealed class TensorMemoryTests
{
    [Fact]
    public void A_span_reads_and_writes_the_tensor_in_place()
    {
        using var values = tensor([1f, 2f, 3f]);

        var span = TensorMemory.Span<float>(values);
        span[1] = 7;

        Assert.Equal(new float[] { 1, 7, 3 }, span.ToArray());
        Assert.Equal(7, values[1].ToSingle());
    }

    [Fact]
    public unsafe void A_tensor_over_foreign_memory_shares_it()
    {
        float[] memory = [1, 2, 3, 4, 5, 6];
        fixed (float* pointer = memory)
        {
            using var view = TensorMemory.FromPointer(pointer, [2, 3], ScalarType.Float32);
            view.mul_(10);

            Assert.Equal([2, 3], view.shape);
            Assert.Equal(60, view[1, 2].ToSingle());
            Assert.True(TensorMemory.Pointer(view) == pointer);
        }

        Assert.Equal(new float[] { 10, 20, 30, 40, 50, 60 }, memory);
    }

    [Fact]
    public void A_span_of_a_strided_tensor_or_of_another_element_size_is_refused()
    {
        using var values = zeros(2, 3);
        using var transposed = values.t();

        Assert.Contains("contiguous", Assert.Throws<ArgumentException>(() => TensorMemory.Span<float>(transposed).Length).Message,
            StringComparison.Ordinal);
        Assert.Contains("4 bytes, not 8", Assert.Throws<ArgumentException>(() => TensorMemory.Span<double>(values).Length).Message,
            StringComparison.Ordinal);
    }
}
