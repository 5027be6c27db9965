using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>The plain residual connection: x' = x + F(x), one stream.</summary>
internal sealed class StandardResidual : IResidualPath
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor x, Func<Tensor, Tensor> sublayer, MappingMeter? meter) => x + sublayer(x);
}
