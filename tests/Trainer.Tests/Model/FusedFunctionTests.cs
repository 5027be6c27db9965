using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Tests.Mhc;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MhcOperator.Trainer.Tests.Model;

public sealed class FusedFunctionTests
{
    private const double Tolerance = 2e-5;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(64, 8)]
    [InlineData(17, 33)]
    [InlineData(200, 40)]
    public void Rms_norm_and_its_gradients_agree_with_float64(int rows, int channels)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(rows);
        Tensor x = random.Single(2, rows, channels), weight = random.Single(1, channels);
        var upstream = random.Single(1, rows, channels).detach();
        Tensor exactX = RandomCase.Double(x), exactWeight = RandomCase.Double(weight);

        var y = RmsNormFunction.Apply(x, weight);
        var gradients = autograd.grad([y], [x, weight], [upstream]);
        BackwardFault.ThrowIfAny();
        var expected = exactX * (exactX.square().mean([-1], keepdim: true) + 1e-6).rsqrt() * exactWeight;
        var expectedGradients = autograd.grad([expected], [exactX, exactWeight], [upstream.to(ScalarType.Float64)]);

        RandomCase.AssertClose("y", expected, y, Tolerance);

        // With one channel the norm is the sign of x, and the true gradient is that of ε alone: nearly nothing.
        if (channels > 1)
        {
            RandomCase.AssertClose("gradient of x", expectedGradients[0], gradients[0], Tolerance);
        }

        RandomCase.AssertClose("gradient of the weight", expectedGradients[1], gradients[1], Tolerance);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(64, 8)]
    [InlineData(131, 33)]
    public void SwiGlu_and_its_gradient_agree_with_float64(int rows, int width)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(rows);
        var input = random.Single(3, rows, 2 * width);
        var upstream = random.Single(1, rows, width).detach();
        var exact = RandomCase.Double(input);

        var y = SwiGluFunction.Apply(input);
        var gradient = autograd.grad([y], [input], [upstream])[0];
        BackwardFault.ThrowIfAny();
        var expected = F.silu(exact.narrow(1, 0, width)) * exact.narrow(1, width, width);

        RandomCase.AssertClose("y", expected, y, Tolerance);
        RandomCase.AssertClose("gradient", autograd.grad([expected], [exact], [upstream.to(ScalarType.Float64)])[0], gradient, Tolerance);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(64, 16)]
    [InlineData(131, 33)]
    public void SwiGlu_of_bfloat16_and_its_gradient_are_those_of_float32_rounded_once(int rows, int width)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(rows);
        var input = random.Single(3, rows, 2 * width).detach().to(ScalarType.BFloat16).requires_grad_();
        var upstream = random.Single(1, rows, width).detach().to(ScalarType.BFloat16);
        var wide = input.detach().to(ScalarType.Float32).requires_grad_();

        var y = SwiGluFunction.Apply(input);
        var gradient = autograd.grad([y], [input], [upstream])[0];
        var expected = SwiGluFunction.Apply(wide);
        var expectedGradient = autograd.grad([expected], [wide], [upstream.to(ScalarType.Float32)])[0];
        BackwardFault.ThrowIfAny();

        Assert.True(expected.to(ScalarType.BFloat16).equal(y).all().ToBoolean());
        Assert.True(expectedGradient.to(ScalarType.BFloat16).equal(gradient).all().ToBoolean());
    }

    [Theory]
    [InlineData(1, 1, 1, 2, 1)]
    [InlineData(2, 5, 3, 6, 2)]
    [InlineData(3, 70, 6, 40, 4)]
    [InlineData(1, 64, 2, 64, 2)]
    public void Rotary_turns_the_first_heads_as_complex_products_do_and_gradients_back(int batch, int time, int heads, int width,
        int turned)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(time);
        using var rotary = new Rotary(time + 3, width);
        var x = random.Single(1, batch, time, heads, width);
        var upstream = random.Single(1, batch, time, heads, width).detach();
        var exact = RandomCase.Double(x);

        var y = rotary.Apply(x, start: 3, turned);
        var gradient = autograd.grad([y], [x], [upstream])[0];
        BackwardFault.ThrowIfAny();
        var angle = arange(3, time + 3, dtype: ScalarType.Float64)
            .unsqueeze(1) * pow(Rotary.Theta, arange(0, width, 2, dtype: ScalarType.Float64) / -width);
        var parts = exact.split([turned, heads - turned], 2);
        var pairs = parts[0].reshape(batch, time, turned, width / 2, 2).view_as_complex() * polar(ones_like(angle), angle).unsqueeze(1);
        var expected = cat([pairs.view_as_real().flatten(3), parts[1]], 2);

        RandomCase.AssertClose("y", expected, y, Tolerance);
        RandomCase.AssertClose("gradient", autograd.grad([expected], [exact], [upstream.to(ScalarType.Float64)])[0], gradient, Tolerance);
    }

    [Fact]
    public void Rotary_of_bfloat16_is_that_of_float32_rounded_once()
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(1);
        using var rotary = new Rotary(9, 20);
        var x = random.Single(1, 2, 9, 3, 20).detach().to(ScalarType.BFloat16);

        Assert.True(rotary.Apply(x.to(ScalarType.Float32), 0, 2).to(ScalarType.BFloat16).equal(rotary.Apply(x, 0, 2)).all().ToBoolean());
    }

    [Theory]
    [InlineData(1, 1, 1, 1, 2)]
    [InlineData(2, 5, 3, 3, 6)]
    [InlineData(2, 70, 4, 2, 16)]
    [InlineData(1, 130, 6, 1, 40)]
    public void Attention_and_its_gradient_agree_with_float64(int batch, int time, int heads, int keyHeads, int width)
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(time);
        var qkv = random.Single(1, batch, time, heads + (2 * keyHeads), width);
        var upstream = random.Single(1, batch, time, heads, width).detach();
        var exact = RandomCase.Double(qkv);

        var y = AttentionFunction.Apply(qkv, keyHeads);
        var gradient = autograd.grad([y], [qkv], [upstream])[0];
        BackwardFault.ThrowIfAny();
        var parts = exact.split([heads, keyHeads, keyHeads], 2)
            .Select((part, i) => (i == 0 ? part : part.repeat_interleave(heads / keyHeads, 2)).transpose(1, 2)).ToList();
        var later = ones(time, time, ScalarType.Bool).triu(1);
        var weights = (parts[0].matmul(parts[1].transpose(2, 3)) / Math.Sqrt(width)).masked_fill(later, double.NegativeInfinity).softmax(3);
        var expected = weights.matmul(parts[2]).transpose(1, 2);

        RandomCase.AssertClose("y", expected, y, Tolerance);
        RandomCase.AssertClose("gradient", autograd.grad([expected], [exact], [upstream.to(ScalarType.Float64)])[0], gradient, Tolerance);
    }

    [Fact]
    public void Attention_of_bfloat16_and_its_gradient_are_those_of_float32_rounded_once()
    {
        using var scope = NewDisposeScope();
        using var random = new RandomCase(1);
        var qkv = random.Single(1, 2, 40, 4, 24).detach().to(ScalarType.BFloat16).requires_grad_();
        var upstream = random.Single(1, 2, 40, 2, 24).detach().to(ScalarType.BFloat16);
        var wide = qkv.detach().to(ScalarType.Float32).requires_grad_();

        var y = AttentionFunction.Apply(qkv, 1);
        var gradient = autograd.grad([y], [qkv], [upstream])[0];
        var expected = AttentionFunction.Apply(wide, 1);
        var expectedGradient = autograd.grad([expected], [wide], [upstream.to(ScalarType.Float32)])[0];
        BackwardFault.ThrowIfAny();

        Assert.True(expected.to(ScalarType.BFloat16).equal(y).all().ToBoolean());
        Assert.True(expectedGradient.to(ScalarType.BFloat16).equal(gradient).all().ToBoolean());
    }

    [Fact]
    public void SwiGlu_of_huge_inputs_is_finite_and_of_nan_is_nan()
    {
        using var scope = NewDisposeScope();
        var y = SwiGluFunction.Apply(tensor([-200f, 200f, float.NaN, 1f, 1f, 1f], [1, 6]));

        Assert.Equal(0, y[0, 0].ToSingle(), 1e-30f);
        Assert.Equal(200, y[0, 1].ToSingle());
        Assert.True(float.IsNaN(y[0, 2].ToSingle()));
    }
}
