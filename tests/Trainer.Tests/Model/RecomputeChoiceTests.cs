using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Tests.Model;

public sealed class RecomputeChoiceTests
{
    private const int Layers = 12;

    [Fact]
    public void Nothing_is_computed_again_where_nobody_asks_for_it() =>
        Assert.Equal((RecomputePlan.None, true), RecomputeChoice.Make(new OptimizationSpec(), Estimate(ResidualKind.Mhc), Layers, 4));

    [Fact]
    public void Without_a_budget_the_streams_of_mhc_are_dropped_and_nothing_else()
    {
        // √(nL / (n + 2)) with 24 sublayers and 4 streams is 4.
        Assert.Equal((new RecomputePlan(4, 0, 1), true),
            RecomputeChoice.Make(new OptimizationSpec { Recompute = true }, Estimate(ResidualKind.Mhc), Layers, 4));
    }

    [Theory]
    [InlineData(ResidualKind.Standard, true)]
    [InlineData(ResidualKind.HyperConnections, true)]
    [InlineData(ResidualKind.Mhc, false)]
    public void Without_a_budget_and_streams_that_can_be_dropped_whole_layers_are_computed_again(ResidualKind residual, bool native)
    {
        var estimate = Estimate(residual, native ? KernelKind.Native : KernelKind.Reference);

        var (plan, fits) = RecomputeChoice.Make(new OptimizationSpec { Recompute = true }, estimate, Layers, 4);

        Assert.True(fits);
        Assert.Equal(1, plan.StreamInterval);
        Assert.InRange(plan.Layers, Layers / 2, Layers - 1);
        Assert.True(estimate.Peak(plan) < 0.5 * estimate.Peak(RecomputePlan.None), plan.ToString());
    }

    [Fact]
    public void Under_a_smaller_and_smaller_budget_more_and_more_is_computed_again_and_it_fits_until_it_cannot()
    {
        var estimate = Estimate(ResidualKind.Mhc);
        var all = estimate.Peak(RecomputePlan.None);
        List<(RecomputePlan Plan, bool Fits)> chosen = [];
        for (var share = 100; share > 0; share--)
        {
            var budget = all * share / 100;
            var (plan, fits) = RecomputeChoice.Make(
                new OptimizationSpec { Recompute = true, ActivationMemory = budget.ToString(CultureInfo.InvariantCulture) }, estimate,
                Layers, 4);
            Assert.True(!fits || estimate.Peak(plan) <= budget, $"{share} %: {plan}");
            chosen.Add((plan, fits));
        }

        Assert.Equal((RecomputePlan.None, true), chosen[0]);
        Assert.Contains((new RecomputePlan(4, 0, 1), true), chosen);
        Assert.Equal(chosen.Select(c => c.Plan.Layers).Order(), chosen.Select(c => c.Plan.Layers));
        Assert.Contains(chosen, c => c is { Fits: true, Plan.Layers: > Layers / 2 });
        Assert.False(chosen[^1].Fits);
        Assert.True(estimate.Peak(chosen[^1].Plan) < all / 3);
    }

    [Fact]
    public void Blocks_cover_the_layers_that_are_computed_again()
    {
        Assert.Equal([(0, 3), (3, 6), (6, 8)], new RecomputePlan(1, 8, 3).Blocks);
        Assert.Empty(RecomputePlan.None.Blocks);
    }

    private static ActivationEstimate Estimate(ResidualKind residual, KernelKind kernels = KernelKind.Native)
    {
        var spec = new ModelSpec { Layers = Layers, Width = 256, Heads = 4, ContextLength = 256, Residual = residual };
        return new ActivationEstimate(spec, new ModelDimensions(spec, 256), Precision.Float32, kernels, 2048);
    }
}
