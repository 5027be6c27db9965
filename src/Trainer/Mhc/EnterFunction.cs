using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>Streams → coefficients and the sublayer's input h; its backward pass does the whole connection's (see <see cref="MhcPass"/>).</summary>
internal sealed class EnterFunction : autograd.SingleTensorFunction<EnterFunction>
{
    private const string PassKey = "pass";
    private const int Inputs = 5;

    public override string Name => nameof(EnterFunction);

    /// <param name="pass">made for this call from the same tensors</param>
    /// <param name="x">[T, n, C] contiguous</param>
    /// <returns>h [T, C]</returns>
    public static Tensor Apply(MhcPass pass, Tensor x) => apply(pass, x, pass.Phi, pass.Bias, pass.Alpha);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var pass = (MhcPass)vars[0];
        ctx.set_materialize_grads(false);
        ctx.save_data(PassKey, pass);
        return MhcKernels.Enter(pass);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        using var pass = (MhcPass)ctx.get_data(PassKey);
        using var gradH = grad_output.contiguous();
        grad_output.Dispose();
        var gradients = MhcKernels.LayerBackward(pass, gradH);
        return ReturnedGradients.Keep([null!, gradients.X, gradients.Phi, gradients.Bias, gradients.Alpha]);
    });
}
