using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Data;

public sealed class SampleOrderTests
{
    [Fact]
    public void The_parts_of_all_ranks_are_the_batch_of_one_rank() => Properties.ForSeeds(50, random =>
    {
        var (ranks, share) = (random.Next(1, 8), random.Next(1, 8));
        var order = new SampleOrder(random.NextInt64(), random.Next(1, 1000), ranks * share);
        var step = random.Next(0, 10_000);

        var whole = Batch(order, step, 0, ranks * share);
        var parts = Enumerable.Range(0, ranks).SelectMany(r => Batch(order, step, r * share, share));

        Assert.Equal(whole, parts);
    });

    [Fact]
    public void An_epoch_takes_every_sample_once_even_where_batches_do_not_divide_it() => Properties.ForSeeds(30, random =>
    {
        var (samples, batch) = (random.Next(2, 400), random.Next(1, 9));
        var order = new SampleOrder(random.NextInt64(), samples, batch);

        var epochs = Enumerable.Range(0, ((2 * samples) / batch) + 1).SelectMany(d => Batch(order, d, 0, batch)).ToList();

        Assert.Equal(Enumerable.Range(0, samples).Select(i => (long)i), epochs.Take(samples).Order());
        Assert.Equal(Enumerable.Range(0, samples).Select(i => (long)i), epochs.Skip(samples).Take(samples).Order());
    });

    [Fact]
    public void Seed_and_epoch_change_the_order()
    {
        var order = new SampleOrder(1, 1000, 100);

        Assert.NotEqual(Batch(order, 0, 0, 100), Batch(new SampleOrder(2, 1000, 100), 0, 0, 100));
        Assert.NotEqual(Batch(order, 0, 0, 100), Batch(order, 10, 0, 100));
        Assert.Equal(Batch(order, 3, 0, 100), Batch(new SampleOrder(1, 1000, 100), 3, 0, 100));
    }

    private static long[] Batch(SampleOrder order, long step, int first, int count)
    {
        var indices = new long[count];
        order.Fill(step, first, indices);
        return indices;
    }
}
