using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>
/// The connection into a sublayer: the write step of the sublayer before, if there is one, then coefficients, read and norm. Its backward
/// pass does everything that its sublayer's streams and parameters need (see <see cref="MhcPass"/>).
/// </summary>
internal sealed class ConnectFunction : autograd.SingleTensorFunction<ConnectFunction>
{
    private const string PassKey = "pass";

    public override string Name => nameof(ConnectFunction);

    /// <param name="pass">made for this call</param>
    /// <param name="source">[T, C] contiguous: the result of the sublayer before, or at the start of a chain the tensor that the pass was
    /// made of</param>
    /// <returns>h [T, C]</returns>
    public static Tensor Apply(MhcPass pass, Tensor source)
    {
        var (phi, bias, alpha) = (pass.Parameters.Phi, pass.Parameters.Bias, pass.Parameters.Alpha);
        return pass.Norm is null ? apply(pass, source, phi, bias, alpha) : apply(pass, source, phi, bias, alpha, pass.Norm);
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var pass = (MhcPass)vars[0];
        ctx.set_materialize_grads(false);
        ctx.save_data(PassKey, pass);
        pass.Before?.KeepResult((Tensor)vars[1]);
        return MhcKernels.Connect(pass);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var pass = (MhcPass)ctx.get_data(PassKey);
        return BackwardFault.Guard(pass.Norm is null ? 5 : 6, () =>
        {
            using var gradH = grad_output.contiguous();
            grad_output.Dispose();
            pass.RestoreStreams();
            var gradients = MhcKernels.ConnectBackward(pass, gradH);
            pass.Before?.KeepGradient(gradients.X!);
            List<Tensor> returned = [null!, gradients.Source ?? gradients.X!, gradients.Phi, gradients.Bias, gradients.Alpha];
            if (gradients.Norm is not null)
            {
                returned.Add(gradients.Norm);
            }

            return ReturnedGradients.Keep(returned);
        });
    }
}
