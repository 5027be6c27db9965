using System.Runtime.InteropServices;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Parallel;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// The loss that the weights have now on the batch of any data step. Nothing of training changes by it: no gradient is made.
/// </summary>
internal sealed class BatchLoss(Transformer model, BatchReader batches, BatchPlan plan, IGang gang)
{
    /// <summary>Measures; every rank calls it at the same step.</summary>
    /// <returns>Nats per token over the whole gang, the same bits on every rank.</returns>
    /// <exception cref="TrainerException">The data cannot be read, or a peer is lost.</exception>
    public double Of(long dataStep)
    {
        using var noGradients = no_grad();
        model.MeasureGain = false;
        float loss = 0;
        for (var pass = 0; pass < plan.Passes; pass++)
        {
            using var scope = NewDisposeScope();
            loss += model.Loss(batches.Read(dataStep, pass)).item<float>() / plan.Passes;
        }

        return gang.Gather(BitConverter.GetBytes(loss)).Sum(l => MemoryMarshal.Read<float>(l)) / gang.Size;
    }
}
