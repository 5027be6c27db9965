using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Tests.Support;
using TorchSharp;

namespace MhcOperator.Trainer.Tests.Model;

[Collection(AloneCollection.Name)]
public sealed class GrowthTests
{
    private const int Windows = 4;
    private const int Steps = 60;

    [Theory]
    [InlineData(ResidualKind.Mhc, Precision.Float32, ToyTask.Vocabulary, false)]
    [InlineData(ResidualKind.Mhc, Precision.BFloat16, 4096, true)]
    [InlineData(ResidualKind.HyperConnections, Precision.Float32, ToyTask.Vocabulary, false)]
    [InlineData(ResidualKind.Standard, Precision.Float32, ToyTask.Vocabulary, true)]
    public void Many_steps_take_no_more_memory_than_a_few(ResidualKind residual, Precision precision, int vocabulary, bool recomputes)
    {
        using var model = new Transformer(ToyTask.Spec(residual), vocabulary, precision, KernelKind.Native, seed: 1) { Recompute = recomputes ? new RecomputePlan(2, 1, 1) : RecomputePlan.None, MeasureGain = true };
        ToyTask.Train(model, Steps);
        List<(long Tensors, long Heap, long Resident)> seen = [Now()];
        for (var window = 0; window < Windows; window++)
        {
            ToyTask.Train(model, Steps);
            seen.Add(Now());
        }

        // What every step leaves behind shows in every window; the runtime's own memory comes and goes.
        var grown = seen.Zip(seen.Skip(1)).ToList();
        Assert.All(grown, pair => Assert.Equal(pair.First.Tensors, pair.Second.Tensors));
        Assert.InRange(grown.Min(pair => pair.Second.Heap - pair.First.Heap), long.MinValue, Steps << 10);
        Assert.InRange(grown.Min(pair => pair.Second.Resident - pair.First.Resident), long.MinValue, 1 << 20);
    }

    private static (long Tensors, long Heap, long Resident) Now()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return (DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, HeapInUse.Bytes, Environment.WorkingSet);
    }
}
