using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Training;

/// <summary>How the batch of one update is divided over ranks and forward passes.</summary>
/// <param name="Samples">Samples of one update over the whole gang.</param>
/// <param name="First">This rank's first sample in it.</param>
/// <param name="Micro">Samples of one forward and backward pass.</param>
/// <param name="Passes">Forward and backward passes of one update on this rank.</param>
internal readonly record struct BatchPlan(int Samples, int First, int Micro, int Passes)
{
    /// <summary>Divides the batch.</summary>
    /// <exception cref="TrainerException">It cannot be divided evenly; the message has the field path.</exception>
    public static BatchPlan Make(TrainerConfiguration configuration, int rank, int ranks)
    {
        var optimization = configuration.Optimization;
        var context = configuration.Model.ContextLength;
        var share = optimization.BatchTokens / ranks;
        if (optimization.BatchTokens < 1 || optimization.BatchTokens % ((long)context * ranks) != 0)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"spec.optimization.batchTokens: {optimization.BatchTokens} was given; a multiple of contextLength x ranks = {context} x {ranks} was expected");
        }

        var micro = optimization.MicroBatchTokens ?? share;
        return micro >= context && micro % context == 0 && share % micro == 0
            ? new BatchPlan(optimization.BatchTokens / context, rank * (share / context), micro / context, share / micro)
            : throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"spec.optimization.microBatchTokens: {micro} was given; a divisor of batchTokens / ranks = {share} and a multiple of contextLength = {context} was expected");
    }
}
