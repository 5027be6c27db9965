using MhcOperator.Trainer.Model;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>One residual path after the other, as the equations have it.</summary>
/// <param name="paths">one per sublayer</param>
/// <param name="streams">n; 0 = the plain residual</param>
/// <param name="head">reduces the streams; null for the plain residual</param>
internal sealed class SequentialStack(IReadOnlyList<IResidualPath> paths, long streams, IStreamHead? head) : IResidualStack
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor embedding, IReadOnlyList<Sublayer> sublayers, RmsNorm final, CompositeGain? gain)
    {
        var x = streams > 0 ? embedding.unsqueeze(1).expand(-1, streams, -1).contiguous() : embedding;
        foreach (var (path, sublayer) in paths.Zip(sublayers))
        {
            x = path.Apply(x, h => sublayer.Body(sublayer.Norm.Apply(h)), gain);
        }

        return final.Apply(head?.Reduce(x) ?? x);
    }
}
