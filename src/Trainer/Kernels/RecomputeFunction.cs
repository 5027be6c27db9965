using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary>
/// A part of the model that keeps its input and nothing else: the backward pass computes it again, and goes through it at once. Parameters
/// inside get their gradients on the way.
/// </summary>
internal sealed class RecomputeFunction : autograd.SingleTensorFunction<RecomputeFunction>
{
    private const string AgainKey = "again";
    private const int Inputs = 3;

    public override string Name => nameof(RecomputeFunction);

    /// <param name="input">[T, C] or [T, n, C]</param>
    /// <param name="first">what is computed, without a graph</param>
    /// <param name="again">the same, with a graph; asked for once, in the backward pass</param>
    /// <returns>what <paramref name="first"/> gives</returns>
    public static Tensor Apply(Tensor input, Func<Tensor, Tensor> first, Func<Tensor, Tensor> again) => apply(input, first, again);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = (Tensor)vars[0];
        ctx.Keep(wanted: true, input);
        ctx.save_data(AgainKey, vars[2]);
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        return ((Func<Tensor, Tensor>)vars[1])(input).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        using var scope = NewDisposeScope();
        using var gradients = enable_grad();
        using var input = ctx.Kept()[0].requires_grad_();
        var output = ((Func<Tensor, Tensor>)ctx.get_data(AgainKey))(input);
        output.backward([grad_output]);
        grad_output.Dispose();
        return ReturnedGradients.Keep([input.grad!, null!, null!]);
    });
}
