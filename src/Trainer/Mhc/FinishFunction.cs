using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// The end of a chain whose streams are added up: the last sublayer's result y → norm of the sum of the new streams, which are never made.
/// </summary>
internal sealed class FinishFunction : autograd.SingleTensorFunction<FinishFunction>
{
    private const string PassKey = "pass";
    private const int Inputs = 4;

    public override string Name => nameof(FinishFunction);

    /// <param name="pass">what <see cref="ConnectFunction"/> filled</param>
    /// <param name="y">[T, C] contiguous</param>
    /// <param name="norm">[C], weight of the final norm</param>
    /// <returns>[T, C]</returns>
    public static Tensor Apply(MhcPass pass, Tensor y, Tensor norm) => apply(pass, y, norm, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (pass, norm) = ((MhcPass)vars[0], (Tensor)vars[2]);
        ctx.save_data(PassKey, pass);
        pass.KeepResult((Tensor)vars[1]);
        var (total, output) = MhcKernels.Finish(pass, norm);
        ctx.Keep((bool)vars[3], total, norm);
        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        var pass = (MhcPass)ctx.get_data(PassKey);
        var saved = ctx.Kept();
        using Tensor total = saved[0], norm = saved[1], gradient = grad_output.contiguous();
        grad_output.Dispose();
        var gradients = MhcKernels.FinishBackward(total, pass.Post, norm, gradient);
        pass.KeepGradient(gradients.Total);
        return ReturnedGradients.Keep([null!, gradients.Y, gradients.Norm, null!]);
    });
}
