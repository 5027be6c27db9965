using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Drills;
using MhcOperator.Trainer.Failures;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Training;

/// <summary>Makes the token tensors of this rank's part of each data step.</summary>
internal sealed class BatchReader(DataSet data, SampleOrder order, BatchPlan plan, int context, IReadOnlyList<Drill> drills,
    TokenFrequencies? frequencies = null)
{
    private readonly long[] _tokens = new long[plan.Micro * (context + 1)];
    private readonly long[] _samples = new long[plan.Micro];

    /// <summary>The tokens of one forward pass.</summary>
    /// <param name="dataStep">From 0.</param>
    /// <param name="pass">0…passes−1.</param>
    /// <returns>[micro, contextLength + 1] int64</returns>
    /// <exception cref="TrainerException">The data cannot be read.</exception>
    public Tensor Read(long dataStep, int pass)
    {
        var first = plan.First + (pass * plan.Micro);
        order.Fill(dataStep, first, _samples);
        for (var i = 0; i < plan.Micro; i++)
        {
            var tokens = _tokens.AsSpan(i * (context + 1), context + 1);
            data.ReadTraining(_samples[i], tokens);
            foreach (var drill in drills)
            {
                drill.Tokens(dataStep, first + i, tokens);
            }
        }

        frequencies?.Add(_tokens);
        return tensor(_tokens, [plan.Micro, context + 1]);
    }

    /// <summary>The samples of the whole gang's batch, for the data log.</summary>
    public long[] Samples(long dataStep)
    {
        var samples = new long[plan.Samples];
        order.Fill(dataStep, 0, samples);
        return samples;
    }
}
