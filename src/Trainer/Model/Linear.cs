using MhcOperator.Api;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.State;
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
    private readonly bool _native;
    private Tensor? _rounded;

    /// <param name="kernels">Native: products of ours where <see cref="MatrixProducts"/> says so; Reference: libtorch's</param>
    /// <param name="residualBranches">how many results like this one are added up on a residual stream: the initial weights shrink by its
    /// root (GPT-2), so that the sum does not grow with depth</param>
    public Linear(ParameterFactory parameters, string name, long inputs, long outputs, Precision precision, KernelKind kernels,
        int residualBranches = 1)
    {
        _weight = parameters.Normal($"{name}.weight", Deviation / Math.Sqrt(residualBranches), outputs, inputs);
        _precision = precision;
        _native = kernels == KernelKind.Native && MatrixProducts.Native(precision);
    }

    /// <param name="x">[T, inputs]</param>
    /// <returns>[T, outputs], bfloat16 or float32 by the precision</returns>
    public Tensor Apply(Tensor x) => _precision == Precision.BFloat16 || _native
        ? LinearFunction.Apply(x, _weight, Rounded(), _native)
        : nn.functional.linear(x, _weight);

    /// <summary>Mean cross-entropy where the outputs are scores of token numbers: fused where these are many.</summary>
    /// <param name="x">[T, inputs], float32 or bfloat16</param>
    /// <param name="targets">[T] int64</param>
    /// <returns>nats per token, float32 scalar</returns>
    public Tensor CrossEntropy(Tensor x, Tensor targets) => _weight.shape[0] >= HeadLossFunction.LeastVocabulary
        ? HeadLossFunction.Apply(x, _weight, Rounded(), targets, _native)
        : nn.functional.cross_entropy(Apply(x).to(ScalarType.Float32), targets);

    /// <summary>Rounds the weight once for all products until <see cref="ForgetRounded"/>; it must not change until then.</summary>
    public void Round()
    {
        if (_precision == Precision.BFloat16)
        {
            _rounded ??= Rounded().DetachFromDisposeScope();
        }
    }

    /// <summary>Rounds the weight for every product from now on.</summary>
    public void ForgetRounded()
    {
        _rounded?.Dispose();
        _rounded = null;
    }

    /// <summary>The weight as the products take it.</summary>
    private Tensor Rounded() => _precision == Precision.Float32 ? _weight : _rounded ?? _weight.detach().to(ScalarType.BFloat16);
}
