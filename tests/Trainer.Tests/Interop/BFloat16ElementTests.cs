using System.Numerics;
using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Interop;

public sealed class BFloat16ElementTests
{
    private static readonly float[] Edges =
    [
        0, -0f, 1, -1, 1.00390625f, 1.01171875f, 1.0039063f, float.MaxValue, float.MinValue, float.Epsilon, float.PositiveInfinity,
        float.NegativeInfinity, float.NaN,
        BitConverter.UInt32BitsToSingle(0x7F800001), BitConverter.UInt32BitsToSingle(0xFFFFFFFF), 3.3895314e38f,
    ];

    [Fact]
    public void Numbers_are_rounded_as_libtorch_rounds_them_one_by_one_and_in_vectors()
    {
        using var scope = NewDisposeScope();
        var random = new Random(1);
        float[] values = [.. Edges,
            .. Enumerable.Range(0, 10000).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)))];
        Array.Resize(ref values, values.Length / 64 * 64);
        var expected = tensor(values).to(ScalarType.BFloat16).to(ScalarType.Float32).data<float>().ToArray();

        Assert.Equal(expected, values.Select(v => BFloat16Element.Of(v).Value));
        Assert.Equal(expected, ThroughVectors(values));
    }

    private static unsafe float[] ThroughVectors(float[] values)
    {
        var (count, result) = (Vector<float>.Count, new float[values.Length]);
        var stored = stackalloc BFloat16Element[2 * count];
        for (var i = 0; i < values.Length; i += 2 * count)
        {
            BFloat16Element.Store(stored, new Vector<float>(values, i), new Vector<float>(values, i + count));
            BFloat16Element.Load(stored, out var first, out var second);
            first.CopyTo(result, i);
            second.CopyTo(result, i + count);
        }

        return result;
    }
}
