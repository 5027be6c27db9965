using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Model;

[Collection(AloneCollection.Name)]
public sealed class ActivationEstimateTests
{
    private const int Context = 256;
    private const int Batch = 4;
    private const int Vocabulary = 256;

    [Theory]
    [InlineData(ResidualKind.Mhc, Precision.Float32, true, 4)]
    [InlineData(ResidualKind.Mhc, Precision.BFloat16, true, 2)]
    [InlineData(ResidualKind.Mhc, Precision.Float32, false, 4)]
    [InlineData(ResidualKind.HyperConnections, Precision.Float32, true, 2)]
    [InlineData(ResidualKind.HyperConnections, Precision.BFloat16, false, 4)]
    [InlineData(ResidualKind.Standard, Precision.Float32, true, 4)]
    [InlineData(ResidualKind.Standard, Precision.BFloat16, true, 1)]
    public void It_is_what_the_allocator_says_that_a_forward_pass_keeps(ResidualKind residual, Precision precision, bool native,
        int keyValueHeads)
    {
        var kernels = native ? KernelKind.Native : KernelKind.Reference;
        var spec = new ModelSpec
        {
            Layers = 4,
            Width = 128,
            Heads = 4,
            KeyValueHeads = keyValueHeads,
            FeedForwardWidth = 320,
            ContextLength = Context,
            Residual = residual
        };
        using var model = new Transformer(spec, Vocabulary, precision, kernels, seed: 1);
        using var tokens = randint(0, Vocabulary, [Batch, Context + 1], ScalarType.Int64);
        var estimate = new ActivationEstimate(spec, model.Sizes, precision, kernels, Batch * Context);
        Kept();

        AssertNear(estimate.Peak(RecomputePlan.None), Middle() - RoundedWeights(fromLayer: 0));
        model.Recompute = new RecomputePlan(1, 3, 1);
        AssertNear(estimate.Peak(model.Recompute), Middle() - RoundedWeights(fromLayer: 3));

        // In bfloat16 the graph of a layer holds its rounded weights too.
        long RoundedWeights(int fromLayer) => precision == Precision.Float32 ? 0 : 2 * model.NamedParameters
            .Where(
                p => p.Name == "head.weight"
                    || Enumerable.Range(fromLayer, spec.Layers - fromLayer)
                        .Any(
                            i => p.Name.StartsWith($"layers.{i}.", StringComparison.Ordinal) && p.Decays
                                && !p.Name.Contains("residual", StringComparison.Ordinal)))
            .Sum(p => p.Value.numel());

        // The heap is the whole process's: its other threads allocate and free now and then.
        long Middle() => new[] { Kept(), Kept(), Kept() }.Order().ElementAt(1);

        long Kept()
        {
            var before = Allocator.BytesInUse;
            using var loss = model.Loss(tokens);
            var after = Allocator.BytesInUse;
            Transformer.Backward(loss);
            foreach (var parameter in model.NamedParameters)
            {
                parameter.Value.grad = null;
            }

            return after - before;
        }
    }

    private static void AssertNear(long expected, long actual) =>
        Assert.True(Math.Abs(actual - expected) < 0.08 * actual,
            $"{expected:N0} bytes were expected and {actual:N0} are kept: {(double)expected / actual:f3}");
}
