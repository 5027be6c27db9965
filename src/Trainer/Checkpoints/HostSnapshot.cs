using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// A copy of tensors as they are at the end of a step. The weights and the optimizer's state change only with the next update, so large
/// tensors are copied while the next forward and backward pass runs; the update waits for <see cref="Copied"/>. The memory is kept for the
/// next copy.
/// </summary>
internal sealed class HostSnapshot : IDisposable
{
    private const long SmallBytes = 1 << 16;

    private readonly Dictionary<string, Tensor> _memory = new(StringComparer.Ordinal);

    /// <summary>Ends when the live tensors may change.</summary>
    public Task Copied { get; private set; } = Task.CompletedTask;

    /// <summary>Begins to copy. The one before must have been copied, and be of no more use.</summary>
    /// <param name="live">Names must differ; small tensors need to live no longer than this call.</param>
    /// <returns>The copies, to be read when all are made.</returns>
    public IReadOnlyList<NamedTensor> Take(IReadOnlyList<NamedTensor> live)
    {
        List<(Tensor From, Tensor To)> large = [];
        List<NamedTensor> copies = [];
        foreach (var tensor in live)
        {
            var copy = MemoryFor(tensor);
            copies.Add(new NamedTensor(tensor.Name, copy));
            if (tensor.Bytes <= SmallBytes)
            {
                TensorBytes.Copy(tensor.Value, copy);
            }
            else
            {
                large.Add((tensor.Value, copy));
            }
        }

        Copied = Task.Run(() => large.ForEach(t => TensorBytes.Copy(t.From, t.To)));
        return copies;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _memory.Values)
        {
            tensor.Dispose();
        }
    }

    private Tensor MemoryFor(NamedTensor tensor)
    {
        if (_memory.TryGetValue(tensor.Name, out var memory) && memory.dtype == tensor.Value.dtype
            && memory.shape.SequenceEqual(tensor.Value.shape))
        {
            return memory;
        }

        memory?.Dispose();
        return _memory[tensor.Name] = empty(tensor.Value.shape, tensor.Value.dtype).DetachFromDisposeScope();
    }
}
