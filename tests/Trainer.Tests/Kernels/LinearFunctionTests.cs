using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Tests.Mhc;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Kernels;

public sealed class LinearFunctionTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(17, 24, 40)]
    [InlineData(200, 96, 33)]
    public void In_float32_it_and_its_gradients_agree_with_float64(int tokens, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(tokens);
        Tensor x = random.Single(1, tokens, inputs), weight = random.Single(1, outputs, inputs);
        var upstream = random.Single(1, tokens, outputs).detach();
        Tensor exactX = RandomCase.Double(x), exactWeight = RandomCase.Double(weight);

        var output = LinearFunction.Apply(x, weight, weight, native: true);
        var gradients = autograd.grad([output], [x, weight], [upstream]);
        BackwardFault.ThrowIfAny();
        var expected = exactX.matmul(exactWeight.t());
        var expectedGradients = autograd.grad([expected], [exactX, exactWeight], [upstream.to(ScalarType.Float64)]);

        RandomCase.AssertClose("y", expected, output, 2e-5);
        RandomCase.AssertClose("gradient of x", expectedGradients[0], gradients[0], 2e-5);
        RandomCase.AssertClose("gradient of the weight", expectedGradients[1], gradients[1], 2e-5);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 18, 24, 40)]
    [InlineData(ScalarType.BFloat16, 33, 8, 3)]
    public void In_bfloat16_our_products_and_gradients_agree_with_those_of_the_rounded_factors(ScalarType type, int tokens, int inputs,
        int outputs)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(tokens);
        var x = random.Single(1, tokens, inputs).detach().to(ScalarType.BFloat16).to(type).requires_grad_();
        var weight = random.Single(1, outputs, inputs).detach().to(ScalarType.BFloat16).to(ScalarType.Float32).requires_grad_();
        var upstream = randn(tokens, outputs).to(ScalarType.BFloat16);

        var output = LinearFunction.Apply(x, weight, weight.detach().to(ScalarType.BFloat16), native: true);
        var gradients = autograd.grad([output], [x, weight], [upstream]);
        BackwardFault.ThrowIfAny();
        Tensor exactX = RandomCase.Double(x), exactWeight = RandomCase.Double(weight);
        var expected = exactX.matmul(exactWeight.t());
        var expectedGradients = autograd.grad([expected], [exactX, exactWeight], [upstream.to(ScalarType.Float64)]);

        Assert.Equal((ScalarType.BFloat16, type, ScalarType.Float32), (output.dtype, gradients[0].dtype, gradients[1].dtype));
        RandomCase.AssertClose("y", expected, output, 1e-2);
        RandomCase.AssertClose("gradient of x", expectedGradients[0], gradients[0], 1e-2);
        RandomCase.AssertClose("gradient of the weight", expectedGradients[1], gradients[1], 1e-2);
    }

    [Fact]
    public void In_float32_an_upstream_gradient_that_is_not_contiguous_is_taken()
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(1);
        Tensor x = random.Single(1, 5, 7), weight = random.Single(1, 3, 7);
        var output = LinearFunction.Apply(x, weight, weight, native: true);

        var gradients = autograd.grad([output], [x, weight], [ones(1, 1).expand(5, 3)]);
        BackwardFault.ThrowIfAny();

        RandomCase.AssertClose("gradient of x", weight.sum(0, keepdim: true).expand(5, 7), gradients[0], 2e-5);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 17, 24, 40)]
    [InlineData(ScalarType.BFloat16, 33, 8, 3)]
    public void It_gives_the_bits_of_the_composed_operations(ScalarType type, int tokens, int inputs, int outputs)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(tokens);
        var x = random.Single(1, tokens, inputs).detach().to(type).requires_grad_();
        var weight = random.Single(1, outputs, inputs);
        var upstream = randn(tokens, outputs).to(ScalarType.BFloat16);

        var output = LinearFunction.Apply(x, weight, weight.detach().to(ScalarType.BFloat16), native: false);
        var gradients = autograd.grad([output], [x, weight], [upstream]);
        BackwardFault.ThrowIfAny();
        var composed = nn.functional.linear(x.to(ScalarType.BFloat16), weight.to(ScalarType.BFloat16));
        var composedGradients = autograd.grad([composed], [x, weight], [upstream]);

        Assert.Equal(composed.bytes.ToArray(), output.bytes.ToArray());
        Assert.Equal((type, ScalarType.Float32), (gradients[0].dtype, gradients[1].dtype));
        Assert.Equal(composedGradients[0].bytes.ToArray(), gradients[0].bytes.ToArray());
        Assert.Equal(composedGradients[1].bytes.ToArray(), gradients[1].bytes.ToArray());
    }
}
