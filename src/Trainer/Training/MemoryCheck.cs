using System.Globalization;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// Tells before anything is allocated what cannot fit into this machine's memory: an allocation that fails says nothing of the job, and a
/// process that the system ends for its memory says nothing at all. Only what is certain counts, so what passes may still be too large.
/// </summary>
/// <param name="available">Bytes; null where it is not known, and then nothing is refused.</param>
internal sealed class MemoryCheck(long? available)
{
    private const double Gibibyte = 1L << 30;

    // A weight and its gradient, both Float32; and the two moments of AdamW, which ranks may divide.
    private const int BytesAlways = 8;
    private const int BytesOfOptimizer = 8;

    /// <summary>The model, with gradients and the optimizer's state.</summary>
    /// <param name="sizes">Of the model.</param>
    /// <param name="ranks">That divide the optimizer's state; 1: nobody does.</param>
    /// <exception cref="TrainerException">It cannot fit.</exception>
    public void Model(ModelDimensions sizes, int ranks)
    {
        var layer = ((double)sizes.Width * (sizes.Heads + (2 * sizes.KeyValueHeads)) * sizes.HeadWidth) + ((double)sizes.Width * sizes.Width)
            + (3.0 * sizes.Width * sizes.FeedForwardWidth);
        var parameters = (sizes.Layers * layer) + ((double)sizes.Vocabulary * sizes.Width);
        Fits(
            parameters * (BytesAlways + ((double)BytesOfOptimizer / ranks)),
            $"spec.model: {(parameters / 1e6).ToString("N0", CultureInfo.InvariantCulture)} million parameters, with gradients and the optimizer's state, need at least",
            "fewer model.layers, a smaller model.width, feedForwardWidth or vocabulary need less, and parallelism.sharding: Optimizer on more ranks");
    }

    /// <summary>What a forward pass keeps for its backward pass.</summary>
    /// <param name="bytes">As estimated.</param>
    /// <exception cref="TrainerException">It cannot fit.</exception>
    public void Activations(long bytes) => Fits(
        bytes, "spec.optimization.microBatchTokens: the activations of one forward pass need about",
        "smaller microBatchTokens need less, and recompute: true");

    private void Fits(double bytes, string what, string less)
    {
        if (available is { } most && bytes > most)
        {
            throw TrainerException.Configuration(EndReason.NotEnoughMemory, string.Create(CultureInfo.InvariantCulture,
                $"{what} {bytes / Gibibyte:N1} GiB of memory, and this machine or container has {most / Gibibyte:N1}; {less}"));
        }
    }
}
