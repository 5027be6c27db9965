using MhcOperator.Api;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Parallel;

public sealed class BucketPlanTests
{
    [Fact]
    public void Every_parameter_lies_in_one_place_of_its_own_with_matrices_first_and_equal_blocks() => Properties.ForSeeds(200, random =>
    {
        var ranks = random.Next(1, 9);
        var elements = random.Next(1, 5000);
        var parameters = Enumerable.Range(0, random.Next(1, 30)).Select(_ => ((long)random.Next(1, 2000), random.Next(2) == 0)).ToList();

        var plans = BucketPlan.Divide(parameters, ranks, elements);

        Assert.Equal(Enumerable.Range(0, parameters.Count).Reverse(),
            plans.SelectMany(p => p.Slots.Select(s => s.Parameter).OrderDescending()));
        Assert.All(plans, plan =>
        {
            var free = 0;
            foreach (var slot in plan.Slots)
            {
                Assert.Equal(parameters[slot.Parameter].Item1, slot.Length);
                Assert.Equal(0, slot.Begin % 16);
                Assert.True(slot.Begin >= free);
                Assert.Equal(parameters[slot.Parameter].Item2, slot.Begin < plan.DecayEnd);
                free = slot.Begin + slot.Length;
            }

            Assert.True(free <= plan.Elements);
            Assert.Equal(0, plan.Block % WireFormat.Block);
            Assert.Equal(plan.Block * ranks, plan.Elements);
        });
        // All but the last are full, and would not be without their last parameter.
        Assert.All(plans.SkipLast(1), plan => Assert.True(plan.Slots.Sum(s => s.Length) >= elements));
        Assert.All(
            plans, plan => Assert.True(plan.Slots.Sum(s => s.Length) - parameters[plan.Slots.Min(s => s.Parameter)].Item1 < elements));
    });

    [Theory]
    [InlineData(2, 64)]
    [InlineData(4, 256)]
    public void A_rank_holds_its_share_of_a_real_model_and_less_than_five_percent_more(int layers, int width)
    {
        using var model = new Transformer(new ModelSpec { Layers = layers, Width = width, Heads = 4, ContextLength = 32 }, 256,
            Precision.Float32, KernelKind.Native, seed: 1);
        var parameters = model.NamedParameters.Select(p => (p.Value.numel(), p.Decays)).ToList();

        Assert.All([2, 3, 4, 8, 16, 64], ranks =>
        {
            var share = BucketPlan.Divide(parameters, ranks).Sum(p => (double)p.Block) / parameters.Sum(p => p.Item1);
            Assert.InRange(share * ranks, 1, 1.05);
        });
    }
}
