using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Tests.Mhc;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Model;

public sealed class LinearFunctionTests
{
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

        var output = LinearFunction.Apply(x, weight, weight.detach().to(ScalarType.BFloat16));
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
