using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using TorchSharp;

namespace MhcOperator.Trainer.Tests.Model;

[Collection(AloneCollection.Name)]
public sealed class GrowthTests
{
    private const int Windows = 4;

    /// <summary>The first of them takes a thousand.</summary>
    [Theory]
    [InlineData(ResidualKind.Mhc, Precision.Float32, ToyTask.Vocabulary, false, 200)]
    [InlineData(ResidualKind.Mhc, Precision.BFloat16, 4096, true, 60)]
    [InlineData(ResidualKind.HyperConnections, Precision.Float32, ToyTask.Vocabulary, false, 60)]
    [InlineData(ResidualKind.Standard, Precision.Float32, ToyTask.Vocabulary, true, 60)]
    public void Many_steps_take_no_more_memory_than_a_few(ResidualKind residual, Precision precision, int vocabulary, bool recomputes,
        int steps)
    {
        using var model = new Transformer(ToyTask.Spec(residual), vocabulary, precision, KernelKind.Native,
            seed: 1)
        { Recompute = recomputes ? new RecomputePlan(2, 1, 1) : RecomputePlan.None, MeasureGain = true };
        ToyTask.Train(model, steps);
        List<(long Tensors, long Heap, long Resident)> seen = [Now()];
        for (var window = 0; window < Windows; window++)
        {
            ToyTask.Train(model, steps);
            seen.Add(Now());
        }

        // What every step leaves behind shows in every window; the runtime's own memory comes and goes.
        var grown = seen.Zip(seen.Skip(1)).ToList();
        Assert.All(grown, pair => Assert.Equal(pair.First.Tensors, pair.Second.Tensors));
        Assert.InRange(grown.Min(pair => pair.Second.Heap - pair.First.Heap), long.MinValue, steps << 10);
        Assert.InRange(grown.Min(pair => pair.Second.Resident - pair.First.Resident), long.MinValue, 1 << 20);
    }

    private static (long Tensors, long Heap, long Resident) Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, Allocator.BytesInUse, Environment.WorkingSet);
    }
}
