using MhcOperator.Trainer.Model;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// mHC by the fused kernels: between two sublayers the streams are read and written once, (2n+2)C elements per token. The embedding is never
/// copied to n streams, and where the head is a sum (<paramref name="head"/> = null) the last streams are never made.
/// </summary>
/// <param name="parameters">one per sublayer</param>
/// <param name="head">reduces the streams; null = their sum</param>
internal sealed class MhcStack(IReadOnlyList<MhcParameters> parameters, IStreamHead? head) : IResidualStack
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor embedding, IReadOnlyList<Sublayer> sublayers, RmsNorm final, CompositeGain? gain)
    {
        MhcPass? pass = null;
        var y = embedding.contiguous();
        for (var k = 0; k < sublayers.Count; k++)
        {
            var norm = sublayers[k].Norm.Weight;
            var next = pass is null ? new MhcPass(parameters[k], y, norm) : new MhcPass(parameters[k], pass, norm);
            var h = ConnectFunction.Apply(next, y);
            DisposeIfDone(pass, h);
            pass = next;
            gain?.Add(pass.Res);
            y = sublayers[k].Body(h);
        }

        var output = head is null ? FinishFunction.Apply(pass!, y, final.Weight) : final.Apply(head.Reduce(LeaveFunction.Apply(pass!, y)));
        DisposeIfDone(pass, output);
        return output;
    }

    /// <summary>Without a graph there will be no backward pass that needs it.</summary>
    private static void DisposeIfDone(MhcPass? pass, Tensor result)
    {
        if (!result.requires_grad)
        {
            pass?.Dispose();
        }
    }
}
