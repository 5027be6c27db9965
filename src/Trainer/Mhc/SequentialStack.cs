using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Profiling;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>One residual path after the other, as the equations have it.</summary>
/// <param name="paths">one per sublayer</param>
/// <param name="streams">n; 0 = the plain residual</param>
/// <param name="head">reduces the streams; null for the plain residual</param>
internal sealed class SequentialStack(IReadOnlyList<IResidualPath> paths, long streams, IStreamHead? head) : IResidualStack
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor embedding, IReadOnlyList<Sublayer> sublayers, RmsNorm final, MappingMeter? meter, RecomputePlan plan)
    {
        var x = streams > 0 ? embedding.unsqueeze(1).expand(-1, streams, -1).contiguous() : embedding;
        var done = 0;
        foreach (var (begin, end) in x.requires_grad ? plan.Blocks : [])
        {
            x = RecomputeFunction.Apply(x, input => Run(input, 2 * begin, 2 * end, meter),
                input => Run(input, 2 * begin, 2 * end, measured: null));
            done = 2 * end;
        }

        x = Run(x, done, sublayers.Count, meter);
        return StepProfile.Ends(final.Apply(head?.Reduce(x) ?? x), "final norm");

        Tensor Run(Tensor input, int from, int to, MappingMeter? measured)
        {
            var after = input;
            for (var k = from; k < to; k++)
            {
                using var scope = NewDisposeScope();
                var (sublayer, before) = (sublayers[k], after);
                after = StepProfile.Ends(paths[k].Apply(before, F, measured), "residual path").MoveToOuterDisposeScope();
                if (k > from)
                {
                    before.Dispose();
                }

                Tensor F(Tensor h) => sublayer.Body(StepProfile.Ends(sublayer.Norm.Apply(StepProfile.Ends(h, "residual path")), "norms"));
            }

            return after;
        }
    }
}
