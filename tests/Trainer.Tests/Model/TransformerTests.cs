using MhcOperator.Api;
using MhcOperator.Trainer.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Model;

public sealed class TransformerTests
{
    [Theory]
    [InlineData(ResidualKind.Mhc, StreamHead.Sum, Precision.Float32)]
    [InlineData(ResidualKind.Mhc, StreamHead.Learned, Precision.Float32)]
    [InlineData(ResidualKind.Mhc, StreamHead.Sum, Precision.BFloat16)]
    [InlineData(ResidualKind.HyperConnections, StreamHead.Sum, Precision.Float32)]
    [InlineData(ResidualKind.Standard, StreamHead.Sum, Precision.Float32)]
    public void Every_residual_path_learns_the_toy_task(ResidualKind residual, StreamHead head, Precision precision)
    {
        using var model = new Transformer(ToyTask.Spec(residual, head), ToyTask.Vocabulary, precision, KernelKind.Reference, seed: 1);

        var losses = ToyTask.Train(model, 60);

        Assert.InRange(losses[0], 0.9 * Math.Log(ToyTask.Vocabulary), 1.1 * Math.Log(ToyTask.Vocabulary));
        Assert.True(losses[^1] < 0.3 * losses[0], $"The loss went from {losses[0]:f3} to {losses[^1]:f3}.");
    }
}
