using MhcOperator.Trainer.Parallel;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>A gang whose ranks are threads of the test.</summary>
internal sealed class ThreadGang : IGang
{
    private readonly Shared _shared;

    private ThreadGang(int rank, Shared shared) => (Rank, _shared) = (rank, shared);

    public int Rank { get; }

    public int Size => _shared.Parts.Length;

    /// <summary>Runs a function as every rank at once and returns the results by rank.</summary>
    public static T[] Run<T>(int size, Func<IGang, T> rank)
    {
        using var shared = new Shared(size);
        var tasks = Enumerable.Range(0, size)
            .Select(
                r => Task.Factory.StartNew(() => rank(new ThreadGang(r, shared)), CancellationToken.None, TaskCreationOptions.LongRunning,
                    TaskScheduler.Default)).ToArray();
        return Task.WhenAll(tasks).GetAwaiter().GetResult();
    }

    public long BytesSent { get; private set; }

    public void ReduceScatter(Span<float> blocks)
    {
        var count = blocks.Length / Size;
        var all = Exchange(blocks.ToArray());
        var own = blocks.Slice(Rank * count, count);
        own.Clear();
        foreach (var part in all.Cast<float[]>())
        {
            for (var i = 0; i < count; i++)
            {
                own[i] += part[(Rank * count) + i];
            }
        }

        BytesSent += (Size - 1) * count * sizeof(float);
    }

    public void AllGather(Span<byte> blocks)
    {
        var count = blocks.Length / Size;
        var all = Exchange(blocks.Slice(Rank * count, count).ToArray());
        for (var rank = 0; rank < Size; rank++)
        {
            ((byte[])all[rank]).CopyTo(blocks[(rank * count)..]);
        }

        BytesSent += (Size - 1) * count;
    }

    public void AllToAll(ReadOnlySpan<byte> blocks, Span<byte> received)
    {
        var count = blocks.Length / Size;
        var all = Exchange(blocks.ToArray());
        for (var rank = 0; rank < Size; rank++)
        {
            ((byte[])all[rank]).AsSpan(Rank * count, count).CopyTo(received[(rank * count)..]);
        }

        BytesSent += (Size - 1) * count;
    }

    public IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> mine) => [.. Exchange(mine.ToArray()).Cast<byte[]>()];

    public void Barrier() => Exchange(0);

    public void Leave()
    {
    }

    public void Dispose()
    {
    }

    private object[] Exchange(object mine)
    {
        _shared.Parts[Rank] = mine;
        _shared.Barrier.SignalAndWait();
        var all = _shared.Parts.ToArray();
        _shared.Barrier.SignalAndWait();
        return all;
    }

    private sealed class Shared(int size) : IDisposable
    {
        public object[] Parts { get; } = new object[size];

        public Barrier Barrier { get; } = new(size);

        public void Dispose() => Barrier.Dispose();
    }
}
