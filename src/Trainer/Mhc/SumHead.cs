using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>Adds the streams.</summary>
internal sealed class SumHead : IStreamHead
{
    /// <inheritdoc/>
    public Tensor Reduce(Tensor x) => x.sum(1);
}
