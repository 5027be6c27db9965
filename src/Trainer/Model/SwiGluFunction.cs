using MhcOperator.Trainer.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary><see cref="SwiGluKernels"/> in the graph.</summary>
internal sealed unsafe class SwiGluFunction : autograd.SingleTensorFunction<SwiGluFunction>
{
    public override string Name => nameof(SwiGluFunction);

    /// <param name="input">[T, 2 W] float32 contiguous</param>
    /// <returns>[T, W]</returns>
    public static Tensor Apply(Tensor input) => apply(input, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = (Tensor)vars[0];
        ctx.Keep((bool)vars[1], input);
        long rows = input.shape[0], width = input.shape[1] / 2;
        var output = empty(rows, width);
        SwiGluKernels.Forward(TensorMemory.Floats(input), TensorMemory.Floats(output), rows, width);
        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(2, () =>
    {
        using Tensor input = ctx.Kept()[0], gradOutput = grad_output.contiguous();
        grad_output.Dispose();
        var gradInput = empty_like(input, requires_grad: false);
        SwiGluKernels.Backward(TensorMemory.Floats(input), TensorMemory.Floats(gradOutput), TensorMemory.Floats(gradInput), input.shape[0], input.shape[1] / 2);
        return ReturnedGradients.Keep([gradInput, null!]);
    });
}
