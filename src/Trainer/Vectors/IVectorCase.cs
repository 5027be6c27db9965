using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Vectors;

/// <summary>One vector file: inputs, and the results that every implementation must come to.</summary>
internal interface IVectorCase
{
    /// <summary>Computes everything that the file stores: the reference path in float64, the native path in float32.</summary>
    /// <param name="path">which implementation</param>
    /// <param name="streams">how the native path stores streams: float32 or bfloat16</param>
    IReadOnlyList<VectorResult> Check(KernelKind path, ScalarType streams = ScalarType.Float32);
}
