using MhcOperator.Api;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Optimization;
using MhcOperator.Trainer.State;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Model;

public sealed class TransformerTests
{
    [Theory]
    [InlineData(ResidualKind.Mhc, StreamHead.Sum, Precision.Float32, true)]
    [InlineData(ResidualKind.Mhc, StreamHead.Learned, Precision.Float32, true)]
    [InlineData(ResidualKind.Mhc, StreamHead.Sum, Precision.BFloat16, true)]
    [InlineData(ResidualKind.Mhc, StreamHead.Sum, Precision.Float32, false)]
    [InlineData(ResidualKind.HyperConnections, StreamHead.Sum, Precision.Float32, true)]
    [InlineData(ResidualKind.Standard, StreamHead.Sum, Precision.Float32, true)]
    public void Every_residual_path_learns_the_toy_task(ResidualKind residual, StreamHead head, Precision precision, bool native)
    {
        using var model = new Transformer(ToyTask.Spec(residual, head), ToyTask.Vocabulary, precision,
            native ? KernelKind.Native : KernelKind.Reference, seed: 1);

        var losses = ToyTask.Train(model, 50);

        Assert.InRange(losses[0], 0.9 * Math.Log(ToyTask.Vocabulary), 1.1 * Math.Log(ToyTask.Vocabulary));
        Assert.True(losses[^1] < 0.4 * losses[0], $"The loss went from {losses[0]:f3} to {losses[^1]:f3}.");
    }

    [Theory]
    [InlineData(ResidualKind.Mhc, StreamHead.Sum)]
    [InlineData(ResidualKind.Mhc, StreamHead.Learned)]
    [InlineData(ResidualKind.HyperConnections, StreamHead.Sum)]
    public void Native_and_reference_kernels_give_the_same_gradient_of_every_parameter(ResidualKind residual, StreamHead head)
    {
        using var native = new Transformer(ToyTask.Spec(residual, head), ToyTask.Vocabulary, Precision.Float32, KernelKind.Native, seed: 2);
        using var reference = new Transformer(ToyTask.Spec(residual, head), ToyTask.Vocabulary, Precision.Float32, KernelKind.Reference,
            seed: 2);
        using var scope = NewDisposeScope();

        var losses = new[] { native, reference }.Select(model =>
        {
            // Initial α is small: make the dynamic part of the coefficients count.
            using (no_grad())
            {
                foreach (var gate in model.NamedParameters.Where(
                    p => p.Name.EndsWith(".alpha", StringComparison.Ordinal) || p.Name.EndsWith(".scale", StringComparison.Ordinal)))
                {
                    gate.Value.fill_(0.7);
                }
            }

            var loss = model.Loss(ToyTask.Batch(3));
            Transformer.Backward(loss);
            return loss.ToDouble();
        }).ToList();

        Assert.Equal(losses[1], losses[0], 1e-5);
        foreach (var (expected, actual) in reference.NamedParameters.Zip(native.NamedParameters))
        {
            Mhc.RandomCase.AssertClose(expected.Name, expected.Value.grad!.to(ScalarType.Float64), actual.Value.grad!, 5e-5);
        }
    }

    [Theory]
    [InlineData(ResidualKind.Mhc)]
    [InlineData(ResidualKind.HyperConnections)]
    public void Native_and_reference_kernels_give_the_same_loss_curve(ResidualKind residual)
    {
        using var native = new Transformer(ToyTask.Spec(residual), ToyTask.Vocabulary, Precision.Float32, KernelKind.Native, seed: 3);
        using var reference = new Transformer(ToyTask.Spec(residual), ToyTask.Vocabulary, Precision.Float32, KernelKind.Reference, seed: 3);

        var curves = ToyTask.Train(native, 20).Zip(ToyTask.Train(reference, 20)).ToList();

        Assert.All(curves, pair => Assert.Equal(pair.Second, pair.First, 1e-3 * pair.Second));
    }

    [Fact]
    public void The_same_seed_gives_the_same_loss_bits_and_another_seed_others()
    {
        using var first = New(seed: 4);
        using var second = New(seed: 4);
        using var other = New(seed: 5);

        var losses = ToyTask.Train(first, 8);

        Assert.Equal(losses, ToyTask.Train(second, 8));
        Assert.NotEqual(losses[0], ToyTask.Train(other, 1)[0]);
    }

    [Fact]
    public void Bfloat16_stays_near_float32()
    {
        using var scope = NewDisposeScope();
        using var single = New(seed: 6);
        using var half = new Transformer(ToyTask.Spec(ResidualKind.Mhc), ToyTask.Vocabulary, Precision.BFloat16, KernelKind.Native,
            seed: 6);

        Assert.Equal(single.Loss(ToyTask.Batch(1)).ToDouble(), half.Loss(ToyTask.Batch(1)).ToDouble(), 2.5e-2);
    }

    [Fact]
    public void A_position_sees_only_what_came_before_it()
    {
        using var scope = NewDisposeScope();
        using var model = New(seed: 7);
        var tokens = ToyTask.Batch(0).narrow(1, 0, 16).clone();
        var before = model.Logits(tokens);
        tokens[0, 10] = (tokens[0, 10] + 1) % ToyTask.Vocabulary;
        var after = model.Logits(tokens);

        Assert.Equal([8, 16, ToyTask.Vocabulary], before.shape);
        Assert.True(before.narrow(1, 0, 10).equal(after.narrow(1, 0, 10)).all().ToBoolean());
        Assert.False(before[0, 10].equal(after[0, 10]).all().ToBoolean());
        Assert.True(before.narrow(0, 1, 7).allclose(after.narrow(0, 1, 7)));
    }

    [Theory]
    [InlineData(ToyTask.Vocabulary)]
    [InlineData(5000)]
    public void The_loss_is_the_mean_cross_entropy_of_the_next_tokens(int vocabulary)
    {
        using var scope = NewDisposeScope();
        using var model = new Transformer(ToyTask.Spec(ResidualKind.Mhc), vocabulary, Precision.Float32, KernelKind.Native, seed: 8);
        var tokens = ToyTask.Batch(2);

        var probabilities = model.Logits(tokens.narrow(1, 0, 16)).to(ScalarType.Float64).log_softmax(-1);
        double sum = 0;
        for (var row = 0; row < 8; row++)
        {
            for (var t = 0; t < 16; t++)
            {
                sum -= probabilities[row, t, tokens[row, t + 1].ToInt64()].ToDouble();
            }
        }

        Assert.Equal(sum / (8 * 16), model.Loss(tokens).ToDouble(), 1e-5);
    }

    [Fact]
    public void Fifty_steps_leave_no_tensor_behind()
    {
        using var model = New(seed: 9);
        ToyTask.Train(model, 3);
        using var scope = NewDisposeScope();
        var statistics = DisposeScopeManager.Statistics;
        var before = statistics.TensorStatistics.ThreadTotalLiveCount;

        ToyTask.Train(model, 50);

        Assert.Equal(before, statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.Equal(0, scope.DisposablesCount);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(5000)]
    public void In_bfloat16_weights_gradients_and_optimizer_state_are_float32_and_updates_too_small_for_bfloat16_add_up(int vocabulary)
    {
        using var model = new Transformer(ToyTask.Spec(ResidualKind.Mhc), vocabulary, Precision.BFloat16, KernelKind.Native, seed: 9);
        using var optimizer = new FusedAdamW(model.NamedParameters, weightDecay: 0);
        using var scope = NewDisposeScope();
        var weight = model.NamedParameters.First(p => p.Name == "layers.0.attention.query_key_value.weight").Value;
        var before = weight.detach().clone();
        var rounded = before.to(ScalarType.BFloat16);

        for (var step = 0; step < 4; step++)
        {
            Transformer.Backward(model.Loss(ToyTask.Batch(step)));
            Assert.All(model.NamedParameters, p => Assert.Equal(ScalarType.Float32, p.Value.grad!.dtype));
            optimizer.Step(1e-7);
            optimizer.ZeroGradients();
        }

        Assert.All(model.NamedParameters, p => Assert.Equal(ScalarType.Float32, p.Value.dtype));
        Assert.All(optimizer.State, s => Assert.Equal(ScalarType.Float32, s.Value.dtype));
        var moved = (weight - before).abs();
        Assert.True(moved.max().item<float>() > 3e-7, "four updates of 1e-7 in one direction");
        Assert.True((weight.to(ScalarType.BFloat16) != rounded).to(ScalarType.Float32).mean().item<float>() < 0.05,
            "none of them could be seen in bfloat16");
    }

    [Theory]
    [InlineData(ResidualKind.Mhc, 16)]
    [InlineData(ResidualKind.Standard, 5000)]
    public void Weights_rounded_once_for_several_passes_give_the_same_gradients(ResidualKind residual, int vocabulary)
    {
        using var model = new Transformer(ToyTask.Spec(residual), vocabulary, Precision.BFloat16, KernelKind.Native, seed: 9);
        var expected = Gradients();
        List<byte[]> actual;
        using (model.RoundWeights())
        {
            actual = Gradients();
        }

        Assert.Equal(expected, actual);
        ToyTask.Train(model, 1);
        Assert.NotEqual(expected, Gradients());

        List<byte[]> Gradients()
        {
            using var scope = NewDisposeScope();
            for (var pass = 0; pass < 2; pass++)
            {
                Transformer.Backward(model.Loss(ToyTask.Batch(pass)) / 2);
            }

            List<byte[]> gradients = [.. model.NamedParameters.Select(p => p.Value.grad!.bytes.ToArray())];
            model.NamedParameters.ToList().ForEach(p => p.Value.grad = null);
            return gradients;
        }
    }

    [Theory]
    [InlineData(ResidualKind.Mhc)]
    [InlineData(ResidualKind.HyperConnections)]
    public void A_loss_and_scores_without_gradients_leave_no_tensor_behind(ResidualKind residual)
    {
        using var model = new Transformer(ToyTask.Spec(residual), ToyTask.Vocabulary, Precision.Float32, KernelKind.Native, seed: 9);
        using var noGradients = no_grad();
        var statistics = DisposeScopeManager.Statistics;
        var before = statistics.TensorStatistics.ThreadTotalLiveCount;

        for (var i = 0; i < 3; i++)
        {
            using var scope = NewDisposeScope();
            var tokens = ToyTask.Batch(i);
            model.Loss(tokens);
            model.Logits(tokens.narrow(1, 0, 16));
        }

        Assert.Equal(before, statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void The_gain_of_mhc_is_near_one_at_the_start_and_the_standard_path_has_none()
    {
        using var scope = NewDisposeScope();
        using var model = New(seed: 10);
        using var standard = new Transformer(ToyTask.Spec(ResidualKind.Standard), ToyTask.Vocabulary, Precision.Float32, KernelKind.Native,
            seed: 10);

        model.Loss(ToyTask.Batch(0));
        Assert.Null(model.LastGain);
        model.MeasureGain = standard.MeasureGain = true;
        model.Loss(ToyTask.Batch(0));
        standard.Loss(ToyTask.Batch(0));

        Assert.NotNull(model.LastGain);
        Assert.Equal(1, model.LastGain.Forward, 1e-4);
        Assert.InRange(model.LastGain.Backward, 0.99, 1.05);
        Assert.Null(standard.LastGain);
    }

    [Fact]
    public void Parameter_names_are_unique_and_only_matrices_decay()
    {
        using var model = New(seed: 11);

        Assert.Equal(model.NamedParameters.Count, model.NamedParameters.Select(p => p.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.All(model.NamedParameters, p => Assert.Equal(p.Value.dim() == 2, p.Decays));
        Assert.Equal("embedding.weight", model.NamedParameters[0].Name);
    }

    [Theory]
    [InlineData(30, 4, null, 4, "model.width must be a multiple of model.heads")]
    [InlineData(12, 4, null, 4, "must be even")]
    [InlineData(32, 4, 3, 4, "model.keyValueHeads must be a divisor of model.heads")]
    [InlineData(32, 4, 2, 9, "model.mhc.streams must be from 1 to 8")]
    public void Sizes_that_do_not_fit_are_refused_by_field(int width, int heads, int? keyValueHeads, int streams, string message)
    {
        var spec = ToyTask.Spec(ResidualKind.Mhc) with
        {
            Width = width,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            Mhc = new MhcSpec { Streams = streams }
        };

        var exception = Assert.Throws<ArgumentException>(() => new Transformer(spec, 16, Precision.Float32, KernelKind.Reference, 1));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sequence_longer_than_the_context_is_refused()
    {
        using var scope = NewDisposeScope();
        using var model = New(seed: 12);

        Assert.Contains("model.contextLength",
            Assert.Throws<ArgumentException>(() => model.Logits(zeros(1, 17, dtype: ScalarType.Int64))).Message, StringComparison.Ordinal);
    }

    private static Transformer New(long seed) =>
        new(ToyTask.Spec(ResidualKind.Mhc), ToyTask.Vocabulary, Precision.Float32, KernelKind.Native, seed);
}
