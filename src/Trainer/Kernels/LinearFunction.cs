using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary>
/// y = x Wᵀ in the graph: in bfloat16 with a weight that was rounded before, outside the graph, so often as somebody likes, not once for
/// each product, the gradient going to the weight that was not rounded; in float32 for the sake of products of our own.
/// </summary>
internal sealed class LinearFunction : autograd.SingleTensorFunction<LinearFunction>
{
    private const string TypeKey = "type";
    private const string NativeKey = "native";
    private const int Inputs = 5;

    public override string Name => nameof(LinearFunction);

    /// <param name="x">[T, inputs] float32 or bfloat16</param>
    /// <param name="weight">[outputs, inputs] float32</param>
    /// <param name="rounded">the same in bfloat16, or in float32 itself; the products are in its precision</param>
    /// <param name="native">whether they are ours or libtorch's; ours round the gradients once, libtorch's to bfloat16 first</param>
    /// <returns>[T, outputs] in that precision</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor rounded, bool native) =>
        apply(x, weight, rounded.detach(), native, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, rounded, native) = ((Tensor)vars[0], (Tensor)vars[2], (bool)vars[3]);
        using var scope = NewDisposeScope();
        var input = x.to(rounded.dtype).contiguous();
        ctx.save_data(TypeKey, x.dtype);
        ctx.save_data(NativeKey, native);
        ctx.Keep((bool)vars[4], input, rounded);
        return MatrixProducts.Multiply(native, input, false, rounded, true, rounded.dtype).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        var kept = ctx.Kept();
        var (type, native) = ((ScalarType)ctx.get_data(TypeKey), (bool)ctx.get_data(NativeKey));
        using var scope = NewDisposeScope();
        using Tensor input = kept[0], rounded = kept[1], gradient = grad_output.contiguous();
        grad_output.Dispose();
        return ReturnedGradients.Keep(
            [MatrixProducts.Multiply(native, gradient, false, rounded, false, type),
                MatrixProducts.Multiply(native, gradient, true, input, false, ScalarType.Float32), null!, null!, null!]);
    });
}
