using MhcOperator.Trainer.Interop;
using static MhcOperator.Trainer.Kernels.NativeCall;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary>
/// Causal grouped-query attention of the native kernels, in the graph. Queries, keys and values come as the projection lays them, and so do
/// their gradients: nothing is split, turned around, repeated for the heads of a group or put together again. The weights are computed
/// again in the backward pass, which needs nothing of the forward pass but its input.
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
        return Forward(qkv, keyHeads);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        using Tensor qkv = ctx.Kept()[0], gradient = grad_output.contiguous();
        grad_output.Dispose();
        return ReturnedGradients.Keep([Backward(qkv, (long)ctx.get_data(KeyHeadsKey), gradient), null!, null!]);
    });

    /// <summary>Causal grouped-query attention over each batch entry.</summary>
    /// <param name="qkv">[B, t, H + 2 KV, D], float32 or bfloat16: queries, keys, values</param>
    /// <param name="keyHeads">KV, which divides H</param>
    /// <returns>[B, t, H, D]</returns>
    private static unsafe Tensor Forward(Tensor qkv, long keyHeads)
    {
        var (type, code) = Stored(qkv);
        var head = HeadOf(code, qkv, keyHeads);
        var output = empty(head.Batch, head.Time, head.Heads, head.Width, dtype: type);
        Call(&MhcNative.AttentionForward, new MhcNative.AttentionForwardArgs
        {
            Head = head,
            Qkv = S(qkv, type),
            Output = S(output, type),
        });
        return output;
    }

    /// <returns>gradient of qkv</returns>
    private static unsafe Tensor Backward(Tensor qkv, long keyHeads, Tensor gradOutput)
    {
        var (type, code) = Stored(qkv);
        var gradQkv = Like(qkv);
        Call(&MhcNative.AttentionBackward, new MhcNative.AttentionBackwardArgs
        {
            Head = HeadOf(code, qkv, keyHeads),
            Qkv = S(qkv, type),
            GradOutput = S(gradOutput, type),
            GradQkv = S(gradQkv, type),
        });
        return gradQkv;
    }

    private static MhcNative.AttentionHead HeadOf(int code, Tensor qkv, long keyHeads)
    {
        ReadOnlySpan<long> shape = qkv.shape;
        return new()
        {
            Dtype = code,
            Batch = shape[0],
            Time = shape[1],
            Heads = shape[2] - (2 * keyHeads),
            KeyHeads = keyHeads,
            Width = shape[3],
        };
    }
}
