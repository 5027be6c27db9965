using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// How one sublayer (attention or feed-forward) is connected to the residual streams. An implementation owns its parameters,
/// which it took from a <see cref="ParameterFactory"/>, and keeps no tensor between calls.
/// </summary>
internal interface IResidualPath
{
    /// <summary>Streams after the sublayer.</summary>
    /// <param name="x">[T, n, C] float32, or [T, C] for the plain residual</param>
    /// <param name="sublayer">F, its own norm included: [T, C] → [T, C], float32 or bfloat16</param>
    /// <param name="meter">where to put H_res; null = not measured now</param>
    /// <returns>the shape of <paramref name="x"/></returns>
    Tensor Apply(Tensor x, Func<Tensor, Tensor> sublayer, MappingMeter? meter);
}
