namespace MhcOperator.Trainer.Parallel;

/// <summary>A gang of one, which needs no native library.</summary>
internal sealed class SoloGang : IGang
{
    /// <inheritdoc/>
    public int Rank => 0;

    /// <inheritdoc/>
    public int Size => 1;

    /// <inheritdoc/>
    public long BytesSent => 0;

    /// <inheritdoc/>
    public void ReduceScatter(Span<float> blocks)
    {
    }

    /// <inheritdoc/>
    public void AllGather(Span<byte> blocks)
    {
    }

    /// <inheritdoc/>
    public void AllToAll(ReadOnlySpan<byte> blocks, Span<byte> received) => blocks.CopyTo(received);

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> mine) => [mine.ToArray()];

    /// <inheritdoc/>
    public void Barrier()
    {
    }

    /// <inheritdoc/>
    public void Leave()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
