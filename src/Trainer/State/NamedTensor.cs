using static TorchSharp.torch;

namespace MhcOperator.Trainer.State;

/// <summary>A tensor as a checkpoint knows it.</summary>
/// <param name="Name">Unique in the checkpoint.</param>
/// <param name="Value">On the CPU, contiguous.</param>
internal readonly record struct NamedTensor(string Name, Tensor Value)
{
    /// <summary>Size of the elements.</summary>
    public long Bytes => Value.numel() * TensorFormat.SizeOf(Value.dtype);
}
