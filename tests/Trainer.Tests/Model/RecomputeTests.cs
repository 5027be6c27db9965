using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Model;

public sealed class RecomputeTests
{
    private const int Layers = 5;
    private const int Vocabulary = 16;

    public static TheoryData<ResidualKind, StreamHead, int, Precision, bool> Models()
    {
        var models = new TheoryData<ResidualKind, StreamHead, int, Precision, bool>();
        foreach (var precision in Enum.GetValues<Precision>())
        {
            foreach (var native in (bool[])[true, false])
            {
                foreach (var head in Enum.GetValues<StreamHead>())
                {
                    models.Add(ResidualKind.Mhc, head, 4, precision, native);
                }

                models.Add(ResidualKind.Mhc, StreamHead.Sum, 3, precision, native);
                models.Add(ResidualKind.HyperConnections, StreamHead.Sum, 4, precision, native);
            }

            models.Add(ResidualKind.Mhc, StreamHead.Sum, 1, precision, true);
            models.Add(ResidualKind.Mhc, StreamHead.Learned, 8, precision, true);
            models.Add(ResidualKind.Standard, StreamHead.Sum, 1, precision, true);
        }

        return models;
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Loss_and_gradients_have_the_same_bits_whatever_is_computed_again(ResidualKind residual, StreamHead head, int streams,
        Precision precision, bool native)
    {
        var spec = Spec(residual) with { Mhc = new MhcSpec { Streams = streams, Head = head, InitialGate = 0.7, SinkhornIterations = 6 } };
        using var model = new Transformer(spec, Vocabulary, precision, native ? KernelKind.Native : KernelKind.Reference, seed: 2);
        var expected = Gradients(model, batch: 3, context: 7);

        foreach (var plan in (RecomputePlan[])[new(2, 0, 1), new(3, 0, 1), new(100, 0, 1), new(1, 1, 1), new(1, Layers, 1),
            new(1, Layers, Layers), new(3, 4, 2), new(2, 3, 2)])
        {
            model.Recompute = plan;
            AssertSame(expected, Gradients(model, batch: 3, context: 7), plan);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_reduced_coordinates_the_bits_are_the_same_too(bool native)
    {
        var spec = Spec(ResidualKind.Mhc) with { Mhc = new MhcSpec { Parameters = MhcCoordinates.Reduced, InitialGate = 0.7 } };
        using var model = new Transformer(spec, Vocabulary, Precision.Float32, native ? KernelKind.Native : KernelKind.Reference, seed: 2);
        var expected = Gradients(model, batch: 3, context: 7);

        foreach (var plan in (RecomputePlan[])[new(3, 0, 1), new(3, 4, 2)])
        {
            model.Recompute = plan;
            AssertSame(expected, Gradients(model, batch: 3, context: 7), plan);
        }
    }

    [Fact]
    public void Streams_that_are_stored_past_the_caches_are_made_again_to_the_same_bits()
    {
        using var model = new Transformer(
            Spec(ResidualKind.Mhc) with { Layers = 2, Width = 128, Heads = 4, FeedForwardWidth = 64, ContextLength = 512 }, Vocabulary,
            Precision.Float32, KernelKind.Native, seed: 2);
        var expected = Gradients(model, batch: 9, context: 512);

        foreach (var plan in (RecomputePlan[])[new(3, 0, 1), new(1, 1, 1)])
        {
            model.Recompute = plan;
            AssertSame(expected, Gradients(model, batch: 9, context: 512), plan);
        }
    }

    [Theory]
    [InlineData(ResidualKind.Mhc, MhcCoordinates.Full)]
    [InlineData(ResidualKind.Mhc, MhcCoordinates.Reduced)]
    [InlineData(ResidualKind.HyperConnections, MhcCoordinates.Full)]
    [InlineData(ResidualKind.Standard, MhcCoordinates.Full)]
    public void Steps_that_compute_again_leave_no_tensor_behind(ResidualKind residual, MhcCoordinates coordinates)
    {
        using var model = new Transformer(Spec(residual) with { Mhc = new MhcSpec { Parameters = coordinates } }, Vocabulary,
            Precision.Float32, KernelKind.Native, seed: 2)
        { Recompute = new RecomputePlan(3, 3, 2), MeasureGain = true };
        Gradients(model, batch: 1, context: 7);
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        for (var i = 0; i < 5; i++)
        {
            Gradients(model, batch: 1, context: 7);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData(ResidualKind.Mhc)]
    [InlineData(ResidualKind.HyperConnections)]
    public void The_gain_is_measured_once_where_layers_are_computed_again(ResidualKind residual)
    {
        using var model = new Transformer(Spec(residual), Vocabulary, Precision.Float32, KernelKind.Native, seed: 2) { MeasureGain = true };
        Gradients(model, batch: 1, context: 7);
        var expected = model.LastGain;

        model.Recompute = new RecomputePlan(3, 4, 2);
        Gradients(model, batch: 1, context: 7);

        Assert.NotNull(expected);
        Assert.Equal(expected, model.LastGain);
    }

    [Fact]
    public void What_goes_wrong_while_a_block_is_computed_again_is_thrown()
    {
        using var scope = NewDisposeScope();
        var input = ones(2, 2).requires_grad_();
        var output = RecomputeFunction.Apply(input, x => x * 2, _ => throw new InvalidOperationException("out of memory"));

        output.sum().backward();

        Assert.Equal("out of memory", Assert.Throws<InvalidOperationException>(BackwardFault.ThrowIfAny).Message);
        ReturnedGradients.Release();
    }

    private static ModelSpec Spec(ResidualKind residual) => new()
    {
        Layers = Layers,
        Width = 36,
        Heads = 6,
        KeyValueHeads = 2,
        FeedForwardWidth = 40,
        ContextLength = 7,
        Residual = residual,
        Mhc = new MhcSpec { InitialGate = 0.7 },
    };

    /// <summary>The loss, and the gradient of every parameter, each as its bytes.</summary>
    private static List<(string Name, byte[] Value)> Gradients(Transformer model, int batch, int context)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        var loss = model.Loss(randint(0, Vocabulary, [batch, context + 1], ScalarType.Int64, generator: generator));
        Transformer.Backward(loss);
        List<(string, byte[])> values = [("loss", loss.bytes.ToArray())];
        foreach (var parameter in model.NamedParameters)
        {
            values.Add((parameter.Name, parameter.Value.grad!.bytes.ToArray()));
            parameter.Value.grad = null;
        }

        return values;
    }

    private static void AssertSame(List<(string Name, byte[] Value)> expected, List<(string Name, byte[] Value)> actual,
        RecomputePlan plan) =>
        Assert.All(expected.Zip(actual),
            pair => Assert.True(pair.First.Value.AsSpan().SequenceEqual(pair.Second.Value), $"{plan}: {pair.First.Name} has other bits"));
}
