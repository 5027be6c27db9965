using MhcOperator.Api;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Mhc;

public sealed class InitializationTests
{
    [Theory]
    [InlineData(2, MhcCoordinates.Full)]
    [InlineData(4, MhcCoordinates.Full)]
    [InlineData(8, MhcCoordinates.Full)]
    [InlineData(2, MhcCoordinates.Reduced)]
    [InlineData(4, MhcCoordinates.Reduced)]
    [InlineData(8, MhcCoordinates.Reduced)]
    public void An_mhc_layer_starts_as_a_plain_residual_connection(int n, MhcCoordinates coordinates)
    {
        using var scope = NewDisposeScope();
        using var parameters = new ParameterFactory(seed: 1);
        var path = new MhcResidual(
            MhcInitialization.Sublayer(parameters, "r", new MhcSpec { Streams = n, InitialGate = 1e-9, Parameters = coordinates },
                channels: 16));
        var stream = randn(5, 16);

        var output = path.Apply(stream.unsqueeze(1).expand(5, n, 16).contiguous(), h => h * 3, meter: null);

        for (var i = 0; i < n; i++)
        {
            RandomCase.AssertClose($"stream {i}", (stream * 4).to(ScalarType.Float64), output.select(1, i), 1e-5);
        }
    }

    [Fact]
    public void The_residual_mapping_of_four_streams_starts_with_a_diagonal_of_098()
    {
        using var scope = NewDisposeScope();
        using var parameters = new ParameterFactory(seed: 1);
        var bias = MhcInitialization.Bias(parameters, "b", new MhcSpec());

        var res = MhcReference.SinkhornKnopp(bias.narrow(0, 8, 16).reshape(1, 4, 4), 20);

        Assert.Equal(0.980, res[0, 2, 2].ToDouble(), 5e-4);
    }

    [Fact]
    public void Unconstrained_hyper_connections_start_as_the_standard_model_with_the_same_seed()
    {
        using var scope = NewDisposeScope();
        var tokens = Tests.Model.ToyTask.Batch(0);
        using var standard = new Transformer(Tests.Model.ToyTask.Spec(ResidualKind.Standard), 16, Precision.Float32, KernelKind.Reference,
            seed: 5);
        using var hyper = new Transformer(Tests.Model.ToyTask.Spec(ResidualKind.HyperConnections), 16, Precision.Float32,
            KernelKind.Reference, seed: 5);

        Assert.Equal(standard.Loss(tokens).ToDouble(), hyper.Loss(tokens).ToDouble(), 1e-4);
    }
}
