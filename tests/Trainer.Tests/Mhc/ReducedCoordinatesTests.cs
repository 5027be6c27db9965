using MhcOperator.Api;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Mhc;

public sealed class ReducedCoordinatesTests
{
    [Theory]
    [InlineData(1, 3, 2)]
    [InlineData(2, 8, 5)]
    [InlineData(4, 24, 17)]
    [InlineData(8, 80, 65)]
    public void A_sublayer_has_so_many_coefficients(int n, long full, long reduced)
    {
        Assert.Equal((full, full), Coefficients(MhcCoordinates.Full));
        Assert.Equal((reduced, reduced), Coefficients(MhcCoordinates.Reduced));

        (long Phi, long Bias) Coefficients(MhcCoordinates coordinates)
        {
            using var scope = NewDisposeScope();
            using var parameters = new ParameterFactory(seed: 1);
            var made = MhcInitialization.Sublayer(parameters, "r", new MhcSpec { Streams = n, Parameters = coordinates }, channels: 8);
            var expanded = made.Expand();
            Assert.Equal((full, full), (expanded.Phi.shape[1], expanded.Bias.shape[0]));
            return (made.Phi.shape[1], made.Bias.shape[0]);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void The_first_mapping_is_that_of_full_coordinates(int n)
    {
        using var scope = NewDisposeScope();
        using var parameters = new ParameterFactory(seed: 1);

        var full = Mapping(MhcInitialization.Sublayer(parameters, "f", new MhcSpec { Streams = n }, channels: 8));
        var reduced = Mapping(
            MhcInitialization.Sublayer(parameters, "r", new MhcSpec { Streams = n, Parameters = MhcCoordinates.Reduced }, channels: 8));

        RandomCase.AssertClose("H_res", full.to(ScalarType.Float64), reduced, 1e-6);

        Tensor Mapping(MhcParameters made) => MhcReference.SinkhornKnopp(made.Expand().Bias.narrow(0, 2 * n, n * n).reshape(1, n, n), 20);
    }

    /// <summary>Logits as they come in training, and much larger ones, where twenty iterations are not enough on either side.</summary>
    [Theory]
    [InlineData(0.1, 20, 3e-3)]
    [InlineData(1.0, 20, 0.03)]
    [InlineData(3.0, 20, 0.1)]
    [InlineData(2.0, 2000, 1e-4)]
    public void Logits_less_their_last_row_and_column_have_the_same_projection(double deviation, int iterations, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        var full = (randn([500, 4, 4], ScalarType.Float64, generator: generator) * deviation) + (5 * eye(4, dtype: ScalarType.Float64));
        var corner = (full - full.narrow(1, 3, 1) - full.narrow(2, 3, 1) + full.narrow(1, 3, 1).narrow(2, 3, 1)).narrow(1, 0, 3)
            .narrow(2, 0, 3);
        var phi = cat([zeros(500, 8, ScalarType.Float64), corner.reshape(500, 9)], 1);
        var reduced = new MhcParameters(phi, zeros(17), zeros(3), 4, iterations).Expand().Phi.narrow(1, 8, 16).reshape(500, 4, 4);

        var difference = (MhcReference.SinkhornKnopp(full, iterations) - MhcReference.SinkhornKnopp(reduced, iterations)).abs()
            .amax([1, 2]);

        Assert.InRange(difference.max().ToDouble(), 0, tolerance);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Native_and_reference_kernels_give_the_same_gradients(int n)
    {
        var spec = ToyTask.Spec(
            ResidualKind.Mhc) with
        { Mhc = new MhcSpec { Streams = n, Parameters = MhcCoordinates.Reduced, InitialGate = 0.7 } };
        using var native = new Transformer(spec, ToyTask.Vocabulary, Precision.Float32, KernelKind.Native, seed: 2);
        using var reference = new Transformer(spec, ToyTask.Vocabulary, Precision.Float32, KernelKind.Reference, seed: 2);
        using var scope = NewDisposeScope();

        Transformer.Backward(native.Loss(ToyTask.Batch(1)));
        Transformer.Backward(reference.Loss(ToyTask.Batch(1)));

        foreach (var (expected, actual) in reference.NamedParameters.Zip(native.NamedParameters))
        {
            Assert.Equal(expected.Value.shape, actual.Value.grad!.shape);
            RandomCase.AssertClose(expected.Name, expected.Value.grad!.to(ScalarType.Float64), actual.Value.grad!, 5e-5);
        }
    }

    [Fact]
    public void It_learns_the_toy_task()
    {
        using var model = new Transformer(ToyTask.Spec(ResidualKind.Mhc) with { Mhc = new MhcSpec { Parameters = MhcCoordinates.Reduced } },
            ToyTask.Vocabulary, Precision.Float32, KernelKind.Native, seed: 1);

        var losses = ToyTask.Train(model, 50);

        Assert.True(losses[^1] < 0.4 * losses[0], $"The loss went from {losses[0]:f3} to {losses[^1]:f3}.");
    }
}
