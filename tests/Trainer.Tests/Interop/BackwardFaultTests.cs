using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Interop;

public sealed class BackwardFaultTests
{
    [Fact]
    public void An_exception_in_a_backward_function_reaches_the_caller_once()
    {
        using var scope = NewDisposeScope();
        var x = ones(3, requires_grad: true);

        Faulty.apply(x).sum().backward();

        Assert.Equal("broken on purpose", Assert.Throws<InvalidOperationException>(BackwardFault.ThrowIfAny).Message);
        BackwardFault.ThrowIfAny();
    }

    private sealed class Faulty : autograd.SingleTensorFunction<Faulty>
    {
        public override string Name => nameof(Faulty);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).clone();

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
            BackwardFault.Guard(1, () => throw new InvalidOperationException("broken on purpose"));
    }
}
