using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>h = pre · x by the fused kernel, for coefficients that come from anywhere.</summary>
internal sealed class ReadFunction : autograd.SingleTensorFunction<ReadFunction>
{
    public override string Name => nameof(ReadFunction);

    /// <param name="x">[T, n, C] contiguous</param>
    /// <param name="pre">[T, n] contiguous</param>
    /// <returns>[T, C]</returns>
    public static Tensor Apply(Tensor x, Tensor pre) => apply(x, pre, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, pre) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.Keep((bool)vars[2], x, pre);
        return MhcKernels.Read(x, pre);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(3, () =>
    {
        var saved = ctx.Kept();
        using Tensor x = saved[0], pre = saved[1], gradH = grad_output.contiguous();
        grad_output.Dispose();
        var gradients = MhcKernels.ReadBackward(x, pre, gradH);
        return ReturnedGradients.Keep([gradients.X, gradients.Pre, null!]);
    });
}
