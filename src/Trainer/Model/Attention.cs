using MhcOperator.Api;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.Profiling;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// The attention sublayer: RMS norm, one projection to queries, keys and values, rotary positions, causal grouped-query attention, output
/// projection.
/// </summary>
internal sealed class Attention
{
    private readonly ModelDimensions _sizes;
    private readonly Rotary _rotary;
    private readonly Linear _input; // C → (H + 2 KV) · D
    private readonly Linear _output; // C → C
    private readonly int _layer;
    private readonly KernelKind _kernels;

    /// <param name="kernels">Native: the kernel of ours, where no cache is read; Reference: composed of libtorch's operations.</param>
    public Attention(ParameterFactory parameters, int layer, ModelDimensions sizes, Rotary rotary, Precision precision, KernelKind kernels)
    {
        _kernels = kernels;
        var name = $"layers.{layer}.attention";
        _layer = layer;
        _sizes = sizes;
        _rotary = rotary;
        Norm = new RmsNorm(parameters, $"{name}.norm", sizes.Width);
        _input = new Linear(parameters, $"{name}.query_key_value", sizes.Width, (sizes.Heads + (2 * sizes.KeyValueHeads)) * sizes.HeadWidth,
            precision, kernels);
        _output = new Linear(parameters, $"{name}.output", sizes.Width, sizes.Width, precision, kernels,
            residualBranches: 2 * sizes.Layers);
    }

    /// <summary>The sublayer's norm, which the residual path applies.</summary>
    public RmsNorm Norm { get; }

    /// <summary>Its products.</summary>
    public IEnumerable<Linear> Products => [_input, _output];

    /// <param name="h_TC">[T, C], normed; T = batch × time</param>
    /// <param name="batch">B</param>
    /// <param name="cache">what was read before these tokens, which are added; null: they are all</param>
    /// <returns>[T, C], bfloat16 or float32 by the precision</returns>
    public Tensor Apply(Tensor h_TC, long batch, KeyValueCache? cache)
    {
        using var scope = NewDisposeScope();
        long time = h_TC.shape[0] / batch, heads = _sizes.Heads, keyHeads = _sizes.KeyValueHeads, width = _sizes.HeadWidth;
        var projected_TD = StepProfile.Ends(_input.Apply(h_TC), "attention, product to queries, keys and values");
        var qkv_BtHD = StepProfile.Ends(
            _rotary.Apply(projected_TD.view(batch, time, heads + (2 * keyHeads), width), cache?.Length ?? 0, heads + keyHeads),
            "attention, rotary positions");

        var y_TC = StepProfile.Ends(
            _kernels == KernelKind.Native && cache is null ? AttentionFunction.Apply(qkv_BtHD, keyHeads).view(h_TC.shape[0], heads * width)
                : Composed(qkv_BtHD, cache),
            "attention, scores and sums");
        return StepProfile.Ends(_output.Apply(y_TC), "attention, product to the output").MoveToOuterDisposeScope();
    }

    private Tensor Composed(Tensor qkv_BtHD, KeyValueCache? cache)
    {
        long time = qkv_BtHD.shape[1], heads = _sizes.Heads, keyHeads = _sizes.KeyValueHeads;

        // Split, not narrowed, because split's gradient is one concatenation.
        var parts = qkv_BtHD.split([heads, keyHeads, keyHeads], 2);
        var q_BHtD = parts[0].transpose(1, 2);
        var (keys, values) = (parts[1].transpose(1, 2), parts[2].transpose(1, 2));
        if (cache is not null)
        {
            (keys, values) = cache.Extend(_layer, keys, values);
        }

        var k_BHtD = Repeat(keys, heads / keyHeads);
        var v_BHtD = Repeat(values, heads / keyHeads);

        // A single token sees all that are before it, and itself.
        var y_BHtD = F.scaled_dot_product_attention(q_BHtD, k_BHtD, v_BHtD, is_casual: time > 1);
        return y_BHtD.transpose(1, 2).reshape(qkv_BtHD.shape[0] * time, heads * _sizes.HeadWidth);
    }

    /// <summary>Gives every group of query heads its key or value head: [B, KV, t, D] → [B, H, t, D].</summary>
    private static Tensor Repeat(Tensor x, long times) => times == 1 ? x : x.repeat_interleave(times, 1);
}
