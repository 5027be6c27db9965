using System.Numerics;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Element-wise sums and differences.</summary>
internal static class Vectors
{
    /// <summary>a ← a + b.</summary>
    public static void Add(Span<float> a, ReadOnlySpan<float> b)
    {
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(a[i..]) + new Vector<float>(b[i..])).CopyTo(a[i..]);
        }

        for (; i < a.Length; i++)
        {
            a[i] += b[i];
        }
    }

    /// <summary>difference ← a − b.</summary>
    public static void Subtract(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> difference)
    {
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(a[i..]) - new Vector<float>(b[i..])).CopyTo(difference[i..]);
        }

        for (; i < a.Length; i++)
        {
            difference[i] = a[i] - b[i];
        }
    }
}
