using MhcOperator.Trainer.Kernels;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>The residual path of a whole model: from the embedding through all sublayers to what the output projection takes.</summary>
internal interface IResidualStack
{
    /// <param name="embedding">[T, C]</param>
    /// <param name="sublayers">in order</param>
    /// <param name="final">the norm after the last one</param>
    /// <param name="meter">where to put every H_res; null = not measured now</param>
    /// <param name="plan">what the backward pass computes again, if there will be one</param>
    /// <returns>[T, C], normed</returns>
    Tensor Apply(Tensor embedding, IReadOnlyList<Sublayer> sublayers, RmsNorm final, MappingMeter? meter, RecomputePlan plan);
}
