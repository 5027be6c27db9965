using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>Counts how many buckets were added up.</summary>
internal sealed class CountingGang(IGang inner) : IGang
{
    public int Reduced { get; private set; }

    public int Rank => inner.Rank;

    public int Size => inner.Size;

    public long BytesSent => inner.BytesSent;

    public void ReduceScatter(Span<float> blocks)
    {
        inner.ReduceScatter(blocks);
        Reduced++;
    }

    public void AllGather(Span<byte> blocks) => inner.AllGather(blocks);

    public void AllToAll(ReadOnlySpan<byte> blocks, Span<byte> received) => inner.AllToAll(blocks, received);

    public IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> mine) => inner.Gather(mine);

    public void Barrier() => inner.Barrier();

    public void Leave() => inner.Leave();

    public void Dispose() => inner.Dispose();
}
