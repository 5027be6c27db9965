using System.Numerics;

namespace MhcOperator.Trainer.Interop;

/// <summary>float32.</summary>
internal readonly record struct SingleElement(float Value) : IElement<SingleElement>
{
    public static SingleElement Of(float value) => new(value);

    public static unsafe void Load(SingleElement* source, out Vector<float> first, out Vector<float> second)
    {
        first = Vector.Load((float*)source);
        second = Vector.Load((float*)source + Vector<float>.Count);
    }

    public static unsafe void Store(SingleElement* target, Vector<float> first, Vector<float> second)
    {
        first.Store((float*)target);
        second.Store((float*)target + Vector<float>.Count);
    }
}
