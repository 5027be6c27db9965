using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>A gang in which something happens after the ranks have first agreed.</summary>
internal sealed class SabotagedGang(IGang inner, Action sabotage) : IGang
{
    private bool _done;

    public int Rank => inner.Rank;

    public int Size => inner.Size;

    public long BytesSent => inner.BytesSent;

    public void ReduceScatter(Span<float> blocks) => inner.ReduceScatter(blocks);

    public void AllGather(Span<byte> blocks) => inner.AllGather(blocks);

    public void AllToAll(ReadOnlySpan<byte> blocks, Span<byte> received) => inner.AllToAll(blocks, received);

    public IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> mine)
    {
        var all = inner.Gather(mine);
        if (!_done)
        {
            _done = true;
            if (Rank == 0)
            {
                sabotage();
            }

            inner.Barrier();
        }

        return all;
    }

    public void Barrier() => inner.Barrier();

    public void Leave() => inner.Leave();

    public void Dispose() => inner.Dispose();
}
