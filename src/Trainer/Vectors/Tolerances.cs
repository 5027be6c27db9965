using MhcOperator.Trainer.State;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Vectors;

/// <summary>Largest errors, relative to the largest element, that count as right.</summary>
internal static class Tolerances
{
    private const double Double = 1e-10;
    private const double Single = 2e-5;
    private const double SingleSharpLogits = 2e-4;
    private const double HalfStreams = 2.5e-2;

    /// <summary>Logits with a deviation of 3 make nearly hard permutations, which float32 follows less closely; 1 does not.</summary>
    private const double SharpDeviation = 2;

    /// <param name="path">reference is float64, native float32</param>
    /// <param name="logitDeviation">standard deviation of the Sinkhorn logits; 0 for anything else</param>
    /// <param name="streams">how the native path stores streams</param>
    public static double For(KernelKind path, double logitDeviation, ScalarType streams = ScalarType.Float32) =>
        path == KernelKind.Reference ? Double : streams == ScalarType.BFloat16 ? HalfStreams : logitDeviation >= SharpDeviation
            ? SingleSharpLogits : Single;

    /// <summary>max |actual − expected| / max |expected|; the absolute difference where all expected are zero.</summary>
    public static double Error(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        var largest = expected.abs().max().ToDouble();
        var difference = (actual.detach().to(ScalarType.Float64).reshape(expected.shape) - expected).abs().max().ToDouble();
        return largest > 0 ? difference / largest : difference;
    }
}
