using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Checkpoints;

public sealed class ShardPlanTests
{
    [Fact]
    public void Each_tensor_has_one_owner_and_the_load_is_even() => Properties.ForSeeds(100, random =>
    {
        var ranks = random.Next(1, 9);
        var bytes = Enumerable.Range(0, random.Next(0, 60)).Select(_ => (long)random.Next(1, 1000)).ToList();

        var owners = ShardPlan.Assign(bytes, ranks);

        var load = new long[ranks];
        for (var i = 0; i < bytes.Count; i++)
        {
            load[owners[i]] += bytes[i];
        }

        // Whoever is fullest was the emptiest before its last tensor.
        Assert.True(load.Max() <= (bytes.Sum() / ranks) + bytes.DefaultIfEmpty(0).Max(), string.Join(' ', load));
    });
}
