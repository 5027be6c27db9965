using MhcOperator.Trainer.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary><see cref="RotaryKernels"/> in the graph. The backward pass needs nothing of the forward pass: it turns gradients back.</summary>
internal sealed unsafe class RotaryFunction : autograd.SingleTensorFunction<RotaryFunction>
{
    private const string RotaryKey = "rotary";
    private const string StartKey = "start";
    private const string TurnedKey = "turned";
    private const int Inputs = 4;

    public override string Name => nameof(RotaryFunction);

    /// <param name="x">[B, t, heads, D] float32 or bfloat16, contiguous</param>
    /// <param name="rotary">the angles</param>
    /// <param name="start">position of the first token</param>
    /// <param name="turned">how many heads are turned, the first ones; the others stay as they are</param>
    /// <returns>the same shape</returns>
    public static Tensor Apply(Tensor x, Rotary rotary, long start, long turned) => apply(x, rotary, start, turned);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (rotary, start, turned) = ((Rotary)vars[1], (long)vars[2], (long)vars[3]);
        ctx.set_materialize_grads(false);
        ctx.save_data(RotaryKey, rotary);
        ctx.save_data(StartKey, start);
        ctx.save_data(TurnedKey, turned);
        return Turn((Tensor)vars[0], rotary, start, turned, 1);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        using var gradient = grad_output.contiguous();
        grad_output.Dispose();
        return ReturnedGradients.Keep([Turn(gradient, (Rotary)ctx.get_data(RotaryKey), (long)ctx.get_data(StartKey), (long)ctx.get_data(TurnedKey), -1), null!, null!, null!]);
    });

    private static Tensor Turn(Tensor x, Rotary rotary, long start, long turned, float direction)
    {
        var y = empty_like(x, requires_grad: false);
        var shape = new RotaryShape(x.shape[0] * x.shape[1], x.shape[1], x.shape[2], turned, x.shape[3]);
        using Tensor cosines = rotary.Cosines.narrow(0, start, shape.Time), sines = rotary.Sines.narrow(0, start, shape.Time);
        if (x.dtype == ScalarType.BFloat16)
        {
            RotaryKernels.Turn(TensorMemory.BFloats(x), TensorMemory.BFloats(y), TensorMemory.Floats(cosines), TensorMemory.Floats(sines), shape, direction);
        }
        else
        {
            RotaryKernels.Turn(TensorMemory.Singles(x), TensorMemory.Singles(y), TensorMemory.Floats(cosines), TensorMemory.Floats(sines), shape, direction);
        }

        return y;
    }
}
