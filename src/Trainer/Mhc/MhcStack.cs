using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Profiling;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// mHC by the fused kernels: between two sublayers the streams are read and written once, (2n+2)C elements per token. The embedding is
/// never copied to n streams, and where the head is a sum (<paramref name="head"/> = null) the last streams are never made.
/// </summary>
/// <param name="parameters">one per sublayer</param>
/// <param name="head">reduces the streams; null = their sum</param>
/// <param name="type">float32 or bfloat16: how the streams are stored, and what goes into the sublayers and comes out of them</param>
internal sealed class MhcStack(IReadOnlyList<MhcParameters> parameters, IStreamHead? head, ScalarType type) : IResidualStack
{
    /// <inheritdoc/>
    public Tensor Apply(Tensor embedding, IReadOnlyList<Sublayer> sublayers, RmsNorm final, MappingMeter? meter, RecomputePlan plan)
    {
        MhcPass? pass = null;
        var y = embedding.to(type).contiguous();
        var done = 0;
        foreach (var (begin, end) in y.requires_grad ? plan.Blocks : [])
        {
            (pass, y) = Again(pass, y, 2 * begin, 2 * end);
            done = 2 * end;
        }

        if (done < sublayers.Count)
        {
            (pass, y) = Run(pass, y, done, sublayers.Count, meter);
        }

        var output = head is null ? FinishFunction.Apply(pass!, y, final.Weight)
            : final.Apply(head.Reduce(LeaveFunction.Apply(pass!, y).to(ScalarType.Float32)));
        if (!output.requires_grad)
        {
            pass!.Dispose();
        }

        return StepProfile.Ends(output, "mHC, sum of the streams and final norm");

        // What a block leaves to the next is more than its result: the last pass, with the streams that the next connection writes on. The
        // block's own pass stays for that; when the block is computed again, what came to it meanwhile goes to the new one.
        (MhcPass Last, Tensor Y) Again(MhcPass? before, Tensor input, int from, int to)
        {
            MhcPass? last = null;
            var result = RecomputeFunction.Apply(
                input,
                first =>
                {
                    (last, var output) = Run(before, first, from, to, meter);
                    return output;
                },
                again =>
                {
                    var (pass, output) = Run(before, again, from, to, measured: null);
                    pass.TakeEnd(last!);
                    return output;
                });
            return (last!, result);
        }

        (MhcPass Last, Tensor Y) Run(MhcPass? before, Tensor source, int from, int to, MappingMeter? measured)
        {
            var (last, result) = (before, source);
            for (var k = from; k < to; k++)
            {
                using var scope = NewDisposeScope();
                var norm = sublayers[k].Norm.Weight;
                var full = parameters[k].Expand();
                var next = last is null ? new MhcPass(full, result, norm) : new MhcPass(full, last, norm);
                var h = ConnectFunction.Apply(next, result);
                if (!ReferenceEquals(last, before))
                {
                    Leave(last!, k - 1, h);
                }

                last = next;
                measured?.Add(last.Res);
                var input = result;
                result = sublayers[k].Body(StepProfile.Ends(h, "mHC connection")).MoveToOuterDisposeScope();
                if (k > from)
                {
                    input.Dispose();
                }
            }

            return (last!, result);
        }

        // Without a graph there will be no backward pass that needs it.
        void Leave(MhcPass read, int sublayer, Tensor h)
        {
            if (!h.requires_grad)
            {
                read.Dispose();
            }
            else if (!plan.KeepsStreams(sublayer))
            {
                read.DropStreams();
            }
        }
    }
}
