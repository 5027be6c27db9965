using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Parallel;

public sealed class GangTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Three_ranks_over_gloo_add_gather_exchange_and_meet()
    {
        var port = TestJob.FreePort();
        var results = Together(3, rank =>
        {
            using var gang = GangFactory.Create(new GangIdentity("default/job", 1, rank, 3), "127.0.0.1", port, Patience, _ => { },
                CancellationToken.None);
            float[] values = [rank, 10 * rank, 100];
            gang.ReduceScatter(values);
            var own = values[rank];
            var gathered = gang.Gather(new byte[rank]);
            byte[] blocks = [(byte)(10 * rank), (byte)((10 * rank) + 1), (byte)((10 * rank) + 2)], received = new byte[3];
            var before = gang.BytesSent;
            gang.AllToAll(blocks, received);
            var sent = gang.BytesSent - before;
            gang.AllGather(blocks);
            gang.Barrier();
            gang.Leave();
            return (own, lengths: gathered.Select(g => g.Length).ToArray(), received, sent, blocks);
        });

        Assert.Equal([3f, 30f, 300f], results.Select(r => r.own));
        Assert.All(results, r => Assert.Equal([0, 1, 2], r.lengths));
        Assert.Equal((byte[][])[[0, 10, 20], [1, 11, 21], [2, 12, 22]], results.Select(r => r.received));
        Assert.All(results, r => Assert.Equal(2, r.sent));
        Assert.All(results, r => Assert.Equal([0, 11, 22], r.blocks));
    }

    [Fact]
    public void Rank_zero_says_who_did_not_come()
    {
        var error = Assert.Throws<TrainerException>(() =>
            GangFactory.Create(new GangIdentity("default/job", 1, 0, 3), "127.0.0.1", TestJob.FreePort(), TimeSpan.FromMilliseconds(500),
                _ => { }, CancellationToken.None));

        Assert.Equal("RendezvousFailed", error.Reason);
        Assert.Contains("missing: 1, 2", error.Message, StringComparison.Ordinal);
    }

    private static T[] Together<T>(int size, Func<int, T> rank) => Task.WhenAll(Enumerable.Range(0, size).Select(r =>
        Task.Factory.StartNew(() => rank(r), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).GetAwaiter()
            .GetResult();
}
