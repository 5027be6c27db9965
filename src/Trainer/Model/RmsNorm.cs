using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>Root-mean-square norm with a learned weight per channel.</summary>
internal sealed class RmsNorm(ParameterFactory parameters, string name, long channels)
{
    private const double Epsilon = 1e-6;

    private readonly Parameter _weight = parameters.Constant($"{name}.weight", 1, channels);

    /// <param name="x">[T, C]</param>
    /// <returns>[T, C]</returns>
    public Tensor Apply(Tensor x) => x * (x.square().mean([-1], keepdim: true) + Epsilon).rsqrt() * _weight;
}
