using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Mhc;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Mhc;

public sealed class NativeSublayerTests
{
    private const int Iterations = 20;
    private const double Tolerance = 2e-5;

    /// <summary>Of two sublayers, twice that of one.</summary>
    private const double HalfChainTolerance = 5e-2;

    [Theory]
    [MemberData(nameof(RandomCase.Sizes), MemberType = typeof(RandomCase))]
    public void The_autograd_functions_agree_with_the_float64_reference(int n, int tokens, int channels)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase((n * 100) + tokens);
        int coefficients = n * (n + 2), flat = n * channels;
        Tensor[] single =
        [
            random.Single(1, tokens, n, channels), random.Single(1 / Math.Sqrt(flat), flat, coefficients),
            random.Single(0.5, coefficients), random.Single(0.5, 3), random.Single(1 / Math.Sqrt(channels), channels, channels),
        ];
        Tensor[] exact = [.. single.Select(RandomCase.Double)];
        var upstream = random.Single(1, tokens, n, channels).detach();

        var pass = new MhcPass(new MhcParameters(single[1], single[2], single[3], n, Iterations), single[0]);
        var output = LeaveFunction.Apply(pass, ConnectFunction.Apply(pass, single[0]).matmul(single[4]).tanh());
        var gradients = autograd.grad([output], single, [upstream]);
        BackwardFault.ThrowIfAny();

        var c = MhcReference.Coefficients(exact[0], exact[1], exact[2], exact[3], Iterations);
        var expected = MhcReference.Write(exact[0], MhcReference.Read(exact[0], c.Pre).matmul(exact[4]).tanh(), c.Res, c.Post);
        var expectedGradients = autograd.grad([expected], exact, [upstream.to(ScalarType.Float64)]);

        RandomCase.AssertClose("output", expected, output, Tolerance);
        string[] names = ["x", "phi", "bias", "alpha", "w"];
        for (var i = 0; i < names.Length; i++)
        {
            RandomCase.AssertClose($"gradient of {names[i]}", expectedGradients[i], gradients[i], Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(RandomCase.Sizes), MemberType = typeof(RandomCase))]
    public void Read_and_write_with_free_coefficients_agree_with_the_float64_reference(int n, int tokens, int channels)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase((n * 100) + tokens);
        Tensor[] single =
        [
            random.Single(1, tokens, n, channels), random.Single(1, tokens, n), random.Single(1, tokens, n, n), random.Single(1, tokens, n),
        ];
        Tensor[] exact = [.. single.Select(RandomCase.Double)];
        var upstream = random.Single(1, tokens, n, channels).detach();

        var output = WriteFunction.Apply(single[0], ReadFunction.Apply(single[0], single[1]).tanh(), single[2], single[3]);
        var gradients = autograd.grad([output], single, [upstream]);
        BackwardFault.ThrowIfAny();
        var expected = MhcReference.Write(exact[0], MhcReference.Read(exact[0], exact[1]).tanh(), exact[2], exact[3]);
        var expectedGradients = autograd.grad([expected], exact, [upstream.to(ScalarType.Float64)]);

        RandomCase.AssertClose("output", expected, output, Tolerance);
        string[] names = ["x", "pre", "res", "post"];
        for (var i = 0; i < names.Length; i++)
        {
            RandomCase.AssertClose($"gradient of {names[i]}", expectedGradients[i], gradients[i], Tolerance);
        }
    }

    // Not one token of a few channels: its norms are as ill-conditioned as can be.
    [Theory]
    [InlineData(1, 17, 5)]
    [InlineData(2, 17, 24)]
    [InlineData(3, 3, 24)]
    [InlineData(4, 17, 5)]
    [InlineData(4, 3, 33)]
    [InlineData(5, 17, 24)]
    [InlineData(6, 17, 33)]
    [InlineData(7, 3, 33)]
    [InlineData(8, 1, 33)]
    public void A_chain_with_bfloat16_streams_agrees_with_the_float64_reference(int n, int tokens, int channels)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase((n * 100) + tokens);
        int coefficients = n * (n + 2), flat = n * channels;
        Tensor[] single =
        [
            Rounded(random.Single(1, tokens, channels)), random.Single(1 / Math.Sqrt(flat), flat, coefficients),
            random.Single(0.5, coefficients),
            random.Single(0.5, 3), random.Single(1, channels).detach().abs().add_(0.5).requires_grad_(),
        ];
        Tensor[] exact = [.. single.Select(RandomCase.Double)];
        var upstream = Rounded(random.Single(1, tokens, channels)).detach();

        var parameters = new MhcParameters(single[1], single[2], single[3], n, Iterations);
        var start = single[0].to(ScalarType.BFloat16);
        var first = new MhcPass(parameters, start, single[4]);
        var second = new MhcPass(parameters, first, single[4]);
        var y0 = ConnectFunction.Apply(first, start).tanh();
        var output = FinishFunction.Apply(second, ConnectFunction.Apply(second, y0).tanh(), single[4]);
        var gradients = autograd.grad([output], single, [upstream.to(ScalarType.BFloat16)]);
        BackwardFault.ThrowIfAny();

        var x = exact[0].unsqueeze(1).expand(tokens, n, channels);
        for (var k = 0; k < 2; k++)
        {
            var c = MhcReference.Coefficients(x, exact[1], exact[2], exact[3], Iterations);
            x = MhcReference.Write(x, Norm(MhcReference.Read(x, c.Pre)).tanh(), c.Res, c.Post);
        }

        var expected = Norm(x.sum(1));
        var expectedGradients = autograd.grad([expected], exact, [upstream.to(ScalarType.Float64)]);

        Assert.Equal(ScalarType.BFloat16, output.dtype);
        RandomCase.AssertClose("output", expected, output, HalfChainTolerance);
        string[] names = ["x", "phi", "bias", "alpha", "norm"];
        for (var i = 0; i < names.Length; i++)
        {
            RandomCase.AssertClose($"gradient of {names[i]}", expectedGradients[i], gradients[i], HalfChainTolerance);
        }

        Tensor Norm(Tensor h) => h * (h.square().mean([-1], keepdim: true) + 1e-6).rsqrt() * exact[4];
        static Tensor Rounded(Tensor values) => values.detach().to(ScalarType.BFloat16).to(ScalarType.Float32).requires_grad_();
    }

    [Fact]
    public void A_strided_upstream_gradient_is_taken()
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(7);
        Tensor x = random.Single(1, 3, 4, 8), phi = random.Single(0.1, 32, 24), bias = random.Single(0.5, 24), alpha =
            random.Single(0.5, 3);

        Tensor Gradient(Func<Tensor, Tensor> loss)
        {
            var pass = new MhcPass(new MhcParameters(phi, bias, alpha, 4, Iterations), x);
            return autograd.grad([loss(LeaveFunction.Apply(pass, ConnectFunction.Apply(pass, x).square()))], [x])[0];
        }

        // The gradient of a sum arrives as an expanded scalar; that of a product with ones is dense.
        var strided = Gradient(output => output.sum());
        var dense = Gradient(output => (output * ones_like(output)).sum());
        BackwardFault.ThrowIfAny();

        RandomCase.AssertClose("gradient of x", dense.to(ScalarType.Float64), strided, 1e-6);
    }

    [Fact]
    public void Tensors_that_the_kernels_cannot_take_are_refused()
    {
        using var scope = NewDisposeScope();

        Assert.Contains("Float64",
            Assert.Throws<ArgumentException>(() => MhcKernels.Sinkhorn(zeros(1, 4, 4, dtype: ScalarType.Float64), 20)).Message,
            StringComparison.Ordinal);
        Assert.Contains("not contiguous",
            Assert.Throws<ArgumentException>(() => MhcKernels.Sinkhorn(zeros(4, 4, 1).transpose(0, 2), 20)).Message,
            StringComparison.Ordinal);
        Assert.Contains("BFloat16",
            Assert.Throws<ArgumentException>(() => MhcKernels.Read(zeros(1, 4, 8), zeros(1, 4, dtype: ScalarType.BFloat16))).Message,
            StringComparison.Ordinal);
        Assert.Contains("Float32", Assert.Throws<ArgumentException>(() => MhcKernels.Write(
            zeros(1, 4, 8, dtype: ScalarType.BFloat16), zeros(1, 8), zeros(1, 4, 4), zeros(1, 4))).Message, StringComparison.Ordinal);
        Assert.Contains("n", Assert.Throws<InvalidOperationException>(() => MhcKernels.Sinkhorn(zeros(1, 9, 9), 20)).Message,
            StringComparison.Ordinal);
    }
}
