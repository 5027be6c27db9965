using MhcOperator.Trainer.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary><see cref="SwiGluKernels"/> in the graph.</summary>
internal sealed unsafe class SwiGluFunction : autograd.SingleTensorFunction<SwiGluFunction>
{
    private const int Inputs = 2;

    public override string Name => nameof(SwiGluFunction);

    /// <param name="input">[T, 2 W] float32 or bfloat16, contiguous</param>
    /// <returns>[T, W]</returns>
    public static Tensor Apply(Tensor input) => apply(input, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var input = (Tensor)vars[0];
        ctx.Keep((bool)vars[1], input);
        long rows = input.shape[0], width = input.shape[1] / 2;
        var output = empty(rows, width, dtype: input.dtype);
        if (input.dtype == ScalarType.BFloat16)
        {
            SwiGluKernels.Forward(TensorMemory.BFloats(input), TensorMemory.BFloats(output), rows, width);
        }
        else
        {
            SwiGluKernels.Forward(TensorMemory.Singles(input), TensorMemory.Singles(output), rows, width);
        }

        return output;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        using Tensor input = ctx.Kept()[0], gradOutput = grad_output.contiguous();
        grad_output.Dispose();
        long rows = input.shape[0], width = input.shape[1] / 2;
        var gradInput = empty_like(input, requires_grad: false);
        if (input.dtype == ScalarType.BFloat16)
        {
            SwiGluKernels.Backward(TensorMemory.BFloats(input), TensorMemory.BFloats(gradOutput), TensorMemory.BFloats(gradInput), rows, width);
        }
        else
        {
            SwiGluKernels.Backward(TensorMemory.Singles(input), TensorMemory.Singles(gradOutput), TensorMemory.Singles(gradInput), rows, width);
        }

        return ReturnedGradients.Keep([gradInput, null!]);
    });
}
