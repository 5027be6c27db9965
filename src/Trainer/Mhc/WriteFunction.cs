using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>x' = res · x + postᵀ y by the fused kernel, for coefficients that come from anywhere.</summary>
internal sealed class WriteFunction : autograd.SingleTensorFunction<WriteFunction>
{
    public override string Name => nameof(WriteFunction);

    /// <param name="x">[T, n, C] contiguous</param>
    /// <param name="y">[T, C] contiguous</param>
    /// <param name="res">[T, n, n] contiguous</param>
    /// <param name="post">[T, n] contiguous</param>
    /// <returns>[T, n, C]</returns>
    public static Tensor Apply(Tensor x, Tensor y, Tensor res, Tensor post) => apply(x, y, res, post, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, y, res, post) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2], (Tensor)vars[3]);
        ctx.Keep((bool)vars[4], x, y, res, post);
        return MhcKernels.Write(x, y, res, post);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(5, () =>
    {
        var saved = ctx.Kept();
        using Tensor x = saved[0], y = saved[1], res = saved[2], post = saved[3], gradient = grad_output.contiguous();
        grad_output.Dispose();
        var gradients = MhcKernels.WriteBackward(x, y, res, post, gradient);
        return ReturnedGradients.Keep([gradients.X, gradients.Y, gradients.Res, gradients.Post, null!]);
    });
}
