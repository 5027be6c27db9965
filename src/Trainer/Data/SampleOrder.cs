namespace MhcOperator.Trainer.Data;

/// <summary>
/// Which samples each data step consists of: a pure function of (seed, data step, samples of a batch, samples of the data set), the same
/// for every number of ranks. Each epoch is its own permutation of all samples; batches run on over the end of an epoch.
/// </summary>
/// <param name="seed">Seed of the data order.</param>
/// <param name="samples">Samples in the data set, at least 1.</param>
/// <param name="batch">Samples of one data step over the whole gang, at least 1.</param>
internal sealed class SampleOrder(long seed, long samples, int batch)
{
    /// <summary>Samples of one data step.</summary>
    public int Batch => batch;

    /// <summary>Samples in the data set.</summary>
    public long Samples => samples;

    /// <summary>Writes the sample numbers of a part of a data step.</summary>
    /// <param name="dataStep">From 0.</param>
    /// <param name="first">First sample in the batch: rank × samples of one rank.</param>
    /// <param name="indices">[count], filled; first + count is at most the batch.</param>
    public void Fill(long dataStep, int first, Span<long> indices)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dataStep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, batch - indices.Length);
        for (var i = 0; i < indices.Length; i++)
        {
            var position = checked((dataStep * batch) + first + i);
            var (epoch, within) = Math.DivRem(position, samples);
            indices[i] = new IndexPermutation(samples, IndexPermutation.Mix((ulong)seed) ^ (ulong)epoch)[within];
        }
    }
}
