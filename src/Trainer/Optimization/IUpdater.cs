using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Optimization;

/// <summary>
/// The way from the gradients of all ranks to the next weights. In each step: <see cref="LastPassBegins"/>, the last backward pass,
/// <see cref="Average"/>, perhaps <see cref="Update"/>, and <see cref="Clear"/>; every rank the same.
/// </summary>
internal interface IUpdater : IDisposable
{
    /// <summary>Bytes that this rank has sent to its peers so far.</summary>
    long BytesSent { get; }

    /// <summary>Optimizer state that all ranks hold alike: live tensors.</summary>
    IReadOnlyList<NamedTensor> SharedState { get; }

    /// <summary>Optimizer state that this rank alone holds: live tensors.</summary>
    IReadOnlyList<NamedTensor> OwnState { get; }

    /// <summary>The backward pass that comes completes the gradients: they may leave while it runs.</summary>
    void LastPassBegins();

    /// <summary>Averages the gradients over all ranks, and numbers with them.</summary>
    /// <param name="means">Replaced by their means, the same bits on every rank.</param>
    /// <param name="maxima">Replaced by the largest of all ranks, where NaN is larger than everything.</param>
    /// <returns>L2 norm of the mean gradient, before clipping; the same on every rank.</returns>
    double Average(Span<float> means, Span<float> maxima = default);

    /// <summary>Updates the weights by the mean gradient, clipped.</summary>
    void Update(double learningRate);

    /// <summary>Drops the gradients.</summary>
    void Clear();

    /// <summary>
    /// Makes weights and state such that whoever begins with them goes on with the same bits. To be called before each checkpoint.
    /// </summary>
    void Settle();

    /// <summary>Whether a tensor of a checkpoint is of use to this rank.</summary>
    bool Wants(string saved);

    /// <summary>Takes over weights that were set from outside, and a saved state, from any number of ranks.</summary>
    /// <exception cref="ArgumentException">A tensor is missing, unknown or of another shape.</exception>
    void Restore(IReadOnlyList<(string Name, Tensor Value)> state);
}
