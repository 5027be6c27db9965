using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Mhc;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// y = x Wᵀ in the graph: in bfloat16 with a weight that was rounded before, outside the graph, so often as somebody likes, not once for each
/// product, the gradient going to the weight that was not rounded; in float32 with the products of our own kernels.
/// </summary>
internal sealed class LinearFunction : autograd.SingleTensorFunction<LinearFunction>
{
    private const string TypeKey = "type";
    private const int Inputs = 4;

    public override string Name => nameof(LinearFunction);

    /// <param name="x">[T, inputs] float32 or bfloat16</param>
    /// <param name="weight">[outputs, inputs] float32</param>
    /// <param name="rounded">the same in bfloat16, or in float32 itself; the products are in its precision</param>
    /// <returns>[T, outputs] in that precision</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor rounded) => apply(x, weight, rounded.detach(), is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, rounded) = ((Tensor)vars[0], (Tensor)vars[2]);
        using var scope = NewDisposeScope();
        var input = x.to(rounded.dtype).contiguous();
        ctx.save_data(TypeKey, x.dtype);
        ctx.Keep((bool)vars[3], input, rounded);
        return Product(input, false, rounded, true).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        var kept = ctx.Kept();
        using var scope = NewDisposeScope();
        using Tensor input = kept[0], rounded = kept[1], gradient = grad_output.contiguous();
        grad_output.Dispose();
        var gradInput = Product(gradient, false, rounded, false).to((ScalarType)ctx.get_data(TypeKey));
        return ReturnedGradients.Keep([gradInput, Product(gradient, true, input, false).to(ScalarType.Float32), null!, null!]);
    });

    /// <summary>left · right, each as it is or transposed.</summary>
    private static Tensor Product(Tensor left, bool leftTransposed, Tensor right, bool rightTransposed) => left.dtype == ScalarType.Float32
        ? MhcKernels.Multiply(left, leftTransposed, right, rightTransposed)
        : (leftTransposed ? left.t() : left).matmul(rightTransposed ? right.t() : right);
}
