using System.Text.Json;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Tests.Mhc;
using MhcOperator.Trainer.Tests.Support;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MhcOperator.Trainer.Tests.Kernels;

[Collection(AloneCollection.Name)]
public sealed class HeadLossFunctionTests
{
    [Theory]
    [InlineData(1, 5000, 8, false)]
    [InlineData(3, 17, 5, false)]
    [InlineData(3, 17, 5, true)]
    [InlineData(127, 4099, 16, false)]
    [InlineData(127, 4099, 16, true)]
    [InlineData(300, 777, 24, false)]
    [InlineData(300, 777, 24, true)]
    public void Loss_and_gradients_are_those_of_the_composed_operations(int tokens, int vocabulary, int channels, bool native)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(tokens);
        Tensor x = random.Single(1, tokens, channels), weight = random.Single(1, vocabulary, channels);
        var targets = randint(0, vocabulary, [tokens], ScalarType.Int64);
        Tensor exactX = RandomCase.Double(x), exactWeight = RandomCase.Double(weight);

        var loss = HeadLossFunction.Apply(x, weight, weight, targets, native, chunkLogits: 1);
        var gradients = autograd.grad([loss * 3], [x, weight]);
        BackwardFault.ThrowIfAny();
        var expected = F.cross_entropy(exactX.matmul(exactWeight.t()), targets);
        var expectedGradients = autograd.grad([expected * 3], [exactX, exactWeight]);

        RandomCase.AssertClose("loss", expected, loss, 2e-6);
        RandomCase.AssertClose("gradient of x", expectedGradients[0], gradients[0], 5e-6);
        RandomCase.AssertClose("gradient of the weight", expectedGradients[1], gradients[1], 5e-6);
    }

    // Our products need an even depth, so that those of the last tokens and of an odd vocabulary may be libtorch's.
    [Theory]
    [InlineData(300, 5000, false)]
    [InlineData(300, 5000, true)]
    [InlineData(601, 4999, true)]
    public void In_bfloat16_it_stays_near_the_composed_operations_and_gradients_are_float32(int tokens, int vocabulary, bool native)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(4);
        Tensor x = random.Single(1, tokens, 32), weight = random.Single(0.3, vocabulary, 32);
        var targets = randint(0, vocabulary, [tokens], ScalarType.Int64);

        var loss = HeadLossFunction.Apply(x, weight, weight.detach().to(ScalarType.BFloat16), targets, native, chunkLogits: 1);
        var gradients = autograd.grad([loss], [x, weight]);
        BackwardFault.ThrowIfAny();
        var composed = F.cross_entropy(F.linear(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16)).to(ScalarType.Float32), targets);
        var composedGradients = autograd.grad([composed], [x, weight]);

        Assert.Equal(composed.item<float>(), loss.item<float>(), native ? 1e-3f : 2e-5f); // ours do not round the logits
        Assert.All(gradients, g => Assert.Equal(ScalarType.Float32, g.dtype));
        RandomCase.AssertClose("gradient of x", composedGradients[0].to(ScalarType.Float64), gradients[0], 1e-2);
        RandomCase.AssertClose("gradient of the weight", composedGradients[1].to(ScalarType.Float64), gradients[1], 1e-2);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_logit_that_is_not_finite_makes_the_loss_so(float value)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var x = ones(5, 4);
        x[3, 2] = value;

        Assert.False(
            float.IsFinite(HeadLossFunction.Apply(x, ones(100, 4), ones(100, 4), zeros(5, ScalarType.Int64), native: true).item<float>()));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100)]
    public void A_target_that_is_no_token_number_is_refused(long target)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();

        Assert.Contains("from 0 to 99 (model.vocabulary)",
            Assert.Throws<ArgumentOutOfRangeException>(
                () => HeadLossFunction.Apply(ones(1, 4), ones(100, 4), ones(100, 4), tensor(new[] { target }), native: true)).Message,
                StringComparison.Ordinal);
    }

    // In a process of its own, whose allocator gives freed memory out again.
    [Fact]
    public void The_logits_of_all_tokens_never_exist()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("loss.json");
        using var bench = TrainerProcess.Start(
            TrainerProcess.Program,
            ["bench-loss", "--tokens", "2048", "--vocabulary", "16384", "--channels", "16", "--threads", "1", "--rounds", "1",
                "--json", file],
            new Dictionary<string, string>(StringComparer.Ordinal) { [Allocator.Variable] = "" });

        Assert.True(bench.Wait() == 0, bench.Output);

        using var results = JsonDocument.Parse(File.ReadAllBytes(file));
        var memory = results.RootElement.EnumerateArray().Single(r => r.GetProperty("metric").GetString() == "peak memory");
        // A chunk's logits are 64 MiB, those of all tokens 128.
        Assert.InRange(memory.GetProperty("value").GetDouble(), 64, 96);
    }
}
