using MhcOperator.Api;
using MhcOperator.Trainer.Data;

namespace MhcOperator.Trainer.Drills;

/// <summary>
/// Some data steps are noise. It belongs to the data, so it is there in every attempt that does not skip those data steps.
/// </summary>
/// <param name="spec">Which data steps.</param>
/// <param name="vocabulary">The noise has all token numbers.</param>
internal sealed class PoisonBatchesDrill(DrillSpec spec, int vocabulary) : Drill(spec)
{
    /// <inheritdoc/>
    public override void Tokens(long dataStep, int sampleInBatch, Span<long> tokens)
    {
        if (!Covers(dataStep))
        {
            return;
        }

        var key = IndexPermutation.Mix((ulong)dataStep) ^ (ulong)sampleInBatch;
        for (var i = 0; i < tokens.Length; i++)
        {
            tokens[i] = (long)(IndexPermutation.Mix(key ^ ((ulong)i << 32)) % (ulong)vocabulary);
        }
    }
}
