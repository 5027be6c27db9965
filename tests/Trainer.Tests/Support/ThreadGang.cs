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
        var tasks = Enumerable.Range(0, size).Select(r => Task.Factory.StartNew(() => rank(new ThreadGang(r, shared)), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
        return Task.WhenAll(tasks).GetAwaiter().GetResult();
    }

    public void Sum(Span<float> values)
    {
        var all = Exchange(values.ToArray());
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = all.Sum(part => ((float[])part)[i]);
        }
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
