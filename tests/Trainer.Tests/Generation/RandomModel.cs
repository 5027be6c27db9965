using MhcOperator.Api;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Generation;

/// <summary>A small model of bytes with grouped keys, whose weights are all large enough to count.</summary>
internal static class RandomModel
{
    public static Transformer Make(ResidualKind residual, StreamHead head, int context, KernelKind kernels,
        MhcCoordinates parameters = MhcCoordinates.Full)
    {
        var model = new Transformer(Spec(residual, head, context, parameters), 256, Precision.Float32, kernels, seed: 3);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        random.manual_seed(5);
        foreach (var parameter in model.NamedParameters)
        {
            parameter.Value.add_(randn_like(parameter.Value) * 0.1);
        }

        return model;
    }

    public static ModelSpec Spec(ResidualKind residual, StreamHead head, int context,
        MhcCoordinates parameters = MhcCoordinates.Full) => new()
        {
            Layers = 2,
            Width = 32,
            Heads = 4,
            KeyValueHeads = 2,
            ContextLength = context,
            Residual = residual,
            Mhc = new MhcSpec { Streams = 3, Head = head, Parameters = parameters, InitialGate = 0.5, SinkhornIterations = 7 },
        };
}
