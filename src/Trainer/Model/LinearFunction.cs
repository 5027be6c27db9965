using MhcOperator.Trainer.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// y = x Wᵀ in bfloat16 with a weight that was rounded before, outside the graph: so often as somebody likes, not once for each product. The
/// gradient goes to the weight that was not rounded.
/// </summary>
internal sealed class LinearFunction : autograd.SingleTensorFunction<LinearFunction>
{
    private const string TypeKey = "type";
    private const int Inputs = 4;

    public override string Name => nameof(LinearFunction);

    /// <param name="x">[T, inputs] float32 or bfloat16</param>
    /// <param name="weight">[outputs, inputs] float32</param>
    /// <param name="rounded">the same in bfloat16</param>
    /// <returns>[T, outputs] bfloat16</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor rounded) => apply(x, weight, rounded.detach(), is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, rounded) = ((Tensor)vars[0], (Tensor)vars[2]);
        using var scope = NewDisposeScope();
        var input = x.to(rounded.dtype);
        ctx.save_data(TypeKey, x.dtype);
        ctx.Keep((bool)vars[3], input, rounded);
        return input.matmul(rounded.t()).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        var kept = ctx.Kept();
        using var scope = NewDisposeScope();
        using Tensor input = kept[0], rounded = kept[1], gradient = grad_output;
        return ReturnedGradients.Keep([gradient.matmul(rounded).to((ScalarType)ctx.get_data(TypeKey)), gradient.t().matmul(input).to(ScalarType.Float32), null!, null!]);
    });
}
