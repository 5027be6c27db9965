using MhcOperator.Api;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Model;

/// <summary>A sequence that is learned in a few updates: every token follows from the one before it.</summary>
internal static class ToyTask
{
    public const int Vocabulary = 16;

    public static ModelSpec Spec(ResidualKind residual, StreamHead head = StreamHead.Sum) => new()
    {
        Layers = 2,
        Width = 32,
        Heads = 4,
        KeyValueHeads = 2,
        FeedForwardWidth = 48,
        ContextLength = 16,
        Residual = residual,
        Mhc = new MhcSpec { Streams = 4, Head = head },
    };

    /// <summary>[8, 17] int64; token k + 1 = 3 · token k + 1 modulo the vocabulary.</summary>
    public static Tensor Batch(int number)
    {
        var tokens = new long[8 * 17];
        for (var row = 0; row < 8; row++)
        {
            long token = ((number * 5) + (row * 7)) % Vocabulary;
            for (var t = 0; t < 17; t++)
            {
                tokens[(row * 17) + t] = token;
                token = ((3 * token) + 1) % Vocabulary;
            }
        }

        return tensor(tokens, [8, 17]);
    }

    /// <summary>The loss before every one of <paramref name="steps"/> updates.</summary>
    public static double[] Train(Transformer model, int steps, double learningRate = 3e-3)
    {
        using var optimizer = new FusedAdamW(model.NamedParameters, weightDecay: 0.1);
        var losses = new double[steps];
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            var loss = model.Loss(Batch(step));
            optimizer.ZeroGradients();
            Transformer.Backward(loss);
            GradientClipping.Clip(model.NamedParameters, 1.0);
            optimizer.Step(learningRate);
            losses[step] = loss.ToDouble();
        }

        return losses;
    }
}
