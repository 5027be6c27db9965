using MhcOperator.Api;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// A matrix product without bias, y = x Wᵀ. Weights are kept in float32; with bfloat16 they and the input are rounded for the product,
/// so that the optimizer works on full precision.
/// </summary>
internal sealed class Linear
{
    private const double Deviation = 0.02;

    private readonly Parameter _weight; // [outputs, inputs]
    private readonly Precision _precision;

    /// <param name="residualBranches">how many results like this one are added up on a residual stream: the initial weights shrink by its root (GPT-2), so that the sum does not grow with depth</param>
    public Linear(ParameterFactory parameters, string name, long inputs, long outputs, Precision precision, int residualBranches = 1)
    {
        _weight = parameters.Normal($"{name}.weight", Deviation / Math.Sqrt(residualBranches), outputs, inputs);
        _precision = precision;
    }

    /// <param name="x">[T, inputs]</param>
    /// <returns>[T, outputs], bfloat16 or float32 by the precision</returns>
    public Tensor Apply(Tensor x) => _precision == Precision.BFloat16
        ? nn.functional.linear(x.to(ScalarType.BFloat16), _weight.to(ScalarType.BFloat16))
        : nn.functional.linear(x, _weight);
}
