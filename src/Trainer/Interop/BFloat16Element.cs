using System.Numerics;

namespace MhcOperator.Trainer.Interop;

/// <summary>bfloat16: the upper half of a float32.</summary>
/// <param name="Bits">As they are stored.</param>
internal readonly record struct BFloat16Element(ushort Bits) : IElement<BFloat16Element>
{
    private const int Lower = 16;
    private const uint NotANumber = 0x7FC0;

    public float Value => BitConverter.UInt32BitsToSingle((uint)Bits << Lower);

    public static BFloat16Element Of(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return new((ushort)(float.IsNaN(value) ? NotANumber : (bits + 0x7FFF + ((bits >> Lower) & 1)) >> Lower));
    }

    public static unsafe void Load(BFloat16Element* source, out Vector<float> first, out Vector<float> second)
    {
        Vector.Widen(Vector.Load((ushort*)source), out var low, out var high);
        first = Vector.AsVectorSingle(Vector.ShiftLeft(low, Lower));
        second = Vector.AsVectorSingle(Vector.ShiftLeft(high, Lower));
    }

    public static unsafe void Store(BFloat16Element* target, Vector<float> first, Vector<float> second) =>
        Vector.Narrow(Round(first), Round(second)).Store((ushort*)target);

    private static Vector<uint> Round(Vector<float> value)
    {
        var bits = Vector.AsVectorUInt32(value);
        var odd = Vector.ShiftRightLogical(bits, Lower) & Vector<uint>.One;
        var rounded = Vector.ShiftRightLogical(bits + new Vector<uint>(0x7FFF) + odd, Lower);
        return Vector.ConditionalSelect(Vector.AsVectorUInt32(Vector.Equals(value, value)), rounded, new Vector<uint>(NotANumber));
    }
}
