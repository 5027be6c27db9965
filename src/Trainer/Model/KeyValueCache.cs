using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// Keys and values of the tokens that a model has read, so that the next token is computed alone. Only attention looks at other tokens:
/// every other part of the model, hyper-connections included, needs none of it.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly Tensor[] _keys; // one a layer, [B, KV, capacity, D]
    private readonly Tensor[] _values;

    /// <param name="sizes">Of the model; it holds a whole context.</param>
    /// <param name="batch">B</param>
    public KeyValueCache(ModelDimensions sizes, long batch)
    {
        Capacity = sizes.ContextLength;
        _keys = [.. Enumerable.Range(0, sizes.Layers).Select(_ => Make())];
        _values = [.. Enumerable.Range(0, sizes.Layers).Select(_ => Make())];

        Tensor Make() => zeros(batch, sizes.KeyValueHeads, sizes.ContextLength, sizes.HeadWidth).DetachFromDisposeScope();
    }

    /// <summary>Tokens that it has room for.</summary>
    public long Capacity { get; }

    /// <summary>Tokens read.</summary>
    public long Length { get; private set; }

    /// <summary>Forgets all tokens.</summary>
    public void Clear() => Length = 0;

    /// <summary>Adds the keys and values of the tokens that are being read, and returns those of all.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="keys">[B, KV, t, D], turned to their positions</param>
    /// <param name="values">[B, KV, t, D]</param>
    /// <returns>[B, KV, length + t, D] each, views of the memory</returns>
    public (Tensor Keys, Tensor Values) Extend(int layer, Tensor keys, Tensor values)
    {
        var time = keys.shape[2];
        _keys[layer].narrow(2, Length, time).copy_(keys);
        _values[layer].narrow(2, Length, time).copy_(values);
        return (_keys[layer].narrow(2, 0, Length + time), _values[layer].narrow(2, 0, Length + time));
    }

    /// <summary>All layers have read so many tokens more.</summary>
    public void Advance(long time) => Length += time;

    public void Dispose()
    {
        foreach (var tensor in _keys.Concat(_values))
        {
            tensor.Dispose();
        }
    }
}
