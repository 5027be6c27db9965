using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>Root-mean-square norm with a learned weight per channel, float32.</summary>
internal sealed class RmsNorm(ParameterFactory parameters, string name, long channels)
{
    private readonly Parameter _weight = parameters.Constant($"{name}.weight", 1, channels);

    /// <summary>[C].</summary>
    public Parameter Weight => _weight;

    /// <param name="x">[T, C]</param>
    /// <returns>[T, C]</returns>
    public Tensor Apply(Tensor x) => RmsNormFunction.Apply(x.contiguous(), _weight);
}
