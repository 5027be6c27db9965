using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// The end of a chain that needs its streams: the last sublayer's result y → new streams x'. Only y is an input to the graph:
/// the gradient of x goes by <see cref="ConnectFunction"/>.
/// </summary>
internal sealed class LeaveFunction : autograd.SingleTensorFunction<LeaveFunction>
{
    private const string PassKey = "pass";
    private const int Inputs = 2;

    public override string Name => nameof(LeaveFunction);

    /// <param name="pass">what <see cref="ConnectFunction"/> filled</param>
    /// <param name="y">[T, C] contiguous</param>
    /// <returns>x' [T, n, C]</returns>
    public static Tensor Apply(MhcPass pass, Tensor y) => apply(pass, y);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var pass = (MhcPass)vars[0];
        var y = (Tensor)vars[1];
        ctx.set_materialize_grads(false);
        ctx.save_data(PassKey, pass);
        pass.KeepResult(y);
        return MhcKernels.Write(pass.X, y, pass.Res, pass.Post);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        var pass = (MhcPass)ctx.get_data(PassKey);
        pass.KeepGradient(grad_output.contiguous());
        grad_output.Dispose();
        return ReturnedGradients.Keep([null!, MhcKernels.WriteBackwardY(pass.Post, pass.GradOutput!)]);
    });
}
