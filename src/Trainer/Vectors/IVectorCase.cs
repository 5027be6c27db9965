using MhcOperator.Trainer.Model;

namespace MhcOperator.Trainer.Vectors;

/// <summary>One vector file: inputs, and the results that every implementation must come to.</summary>
internal interface IVectorCase
{
    /// <summary>Computes everything that the file stores: the reference path in float64, the native path in float32.</summary>
    IReadOnlyList<VectorResult> Check(KernelKind path);
}
