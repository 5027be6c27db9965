using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.Mhc;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// Causal grouped-query attention of the native kernels, in the graph. Queries, keys and values come as the projection lays them, and so do their
/// gradients: nothing is split, turned around, repeated for the heads of a group or put together again. The weights are computed again in the
/// backward pass, which needs nothing of the forward pass but its input.
/// </summary>
internal sealed class AttentionFunction : autograd.SingleTensorFunction<AttentionFunction>
{
    private const string KeyHeadsKey = "key heads";
    private const int Inputs = 3;

    public override string Name => nameof(AttentionFunction);

    /// <param name="qkv">[B, t, H + 2 KV, D] float32 or bfloat16, contiguous</param>
    /// <param name="keyHeads">KV, which divides H</param>
    /// <returns>[B, t, H, D]</returns>
    public static Tensor Apply(Tensor qkv, long keyHeads) => apply(qkv, keyHeads, is_grad_enabled());

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (qkv, keyHeads) = ((Tensor)vars[0], (long)vars[1]);
        ctx.Keep((bool)vars[2], qkv);
        ctx.save_data(KeyHeadsKey, keyHeads);
        return MhcKernels.Attention(qkv, keyHeads);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        using Tensor qkv = ctx.Kept()[0], gradient = grad_output.contiguous();
        grad_output.Dispose();
        return ReturnedGradients.Keep([MhcKernels.AttentionBackward(qkv, (long)ctx.get_data(KeyHeadsKey), gradient), null!, null!]);
    });
}
