using System.Numerics;

namespace MhcOperator.Trainer.Interop;

/// <summary>
/// A stored number on which kernels compute in float32. Vectors are loaded and stored two at a time: 2 · <see cref="Vector{T}.Count"/>
/// elements.
/// </summary>
/// <typeparam name="TSelf">The number itself; as large as it is stored.</typeparam>
internal unsafe interface IElement<TSelf>
    where TSelf : unmanaged, IElement<TSelf>
{
    /// <summary>Its value.</summary>
    float Value { get; }

    /// <summary>The nearest stored number, ties to even; not a number stays so.</summary>
    static abstract TSelf Of(float value);

    static abstract void Load(TSelf* source, out Vector<float> first, out Vector<float> second);

    static abstract void Store(TSelf* target, Vector<float> first, Vector<float> second);
}
