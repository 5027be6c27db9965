using MhcOperator.Trainer.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary><see cref="RmsNormKernels"/> in the graph.</summary>
internal sealed unsafe class RmsNormFunction : autograd.SingleTensorFunction<RmsNormFunction>
{
    private const string ScalesKey = "r";
    private const int Inputs = 3;

    public override string Name => nameof(RmsNormFunction);

    /// <param name="x">[T, C] float32 contiguous</param>
    /// <param name="weight">[C] float32</param>
    /// <returns>[T, C]</returns>
    public static Tensor Apply(Tensor x, Tensor weight) => apply(x, weight, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, weight) = ((Tensor)vars[0], (Tensor)vars[1]);
        ctx.Keep((bool)vars[2], x, weight);
        var r = new float[x.shape[0]];
        ctx.save_data(ScalesKey, r);
        var y = empty_like(x, requires_grad: false);
        fixed (float* scales = r)
        {
            RmsNormKernels.Forward(TensorMemory.Floats(x), TensorMemory.Floats(weight), TensorMemory.Floats(y), scales, x.shape[0], x.shape[1]);
        }

        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        var saved = ctx.Kept();
        using Tensor x = saved[0], weight = saved[1], gradY = grad_output.contiguous();
        grad_output.Dispose();
        var (gradX, gradWeight) = (empty_like(x, requires_grad: false), empty_like(weight, requires_grad: false));
        fixed (float* scales = (float[])ctx.get_data(ScalesKey))
        {
            RmsNormKernels.Backward(
                TensorMemory.Floats(x), TensorMemory.Floats(weight), scales, TensorMemory.Floats(gradY), TensorMemory.Floats(gradX), TensorMemory.Floats(gradWeight),
                x.shape[0], x.shape[1]);
        }

        return ReturnedGradients.Keep([gradX, gradWeight, null!]);
    });
}
