using MhcOperator.Api;
using MhcOperator.Trainer.Mhc;

namespace MhcOperator.Trainer.Model;

/// <summary>Chooses what is computed again.</summary>
internal static class RecomputeChoice
{
    /// <summary>
    /// Without `recompute` nothing. With it and no budget: the streams where they can be dropped alone, else as many layers as save most.
    /// With a budget: the first that fits of all kept, streams dropped, one layer more and more computed again; or what takes least.
    /// </summary>
    /// <param name="optimization">`recompute` and `activationMemory`.</param>
    /// <param name="estimate">Of the model.</param>
    /// <param name="layers">Of the model.</param>
    /// <param name="streams">n.</param>
    /// <returns>The plan, and whether it fits.</returns>
    /// <exception cref="FormatException">The budget is no quantity.</exception>
    public static (RecomputePlan Plan, bool Fits) Make(OptimizationSpec optimization, ActivationEstimate estimate, int layers, int streams)
    {
        if (!optimization.Recompute)
        {
            return (RecomputePlan.None, true);
        }

        var interval = estimate.HasStreams ? ActivationEstimate.BestInterval(streams, layers) : 1;
        var dropped = RecomputePlan.None with { StreamInterval = interval };
        var again = Enumerable.Range(1, layers)
            .Select(count => Enumerable.Range(1, count).Select(block => new RecomputePlan(interval, count, block)).MinBy(estimate.Peak)!);
        List<RecomputePlan> plans = [RecomputePlan.None, dropped, .. again];
        var least = plans.MinBy(estimate.Peak)!;
        if (optimization.ActivationMemory is not { } given)
        {
            return (estimate.HasStreams ? dropped : least, true);
        }

        var budget = Quantity.Read(given);
        var fitting = plans.Find(p => estimate.Peak(p) <= budget);
        return (fitting ?? least, fitting is not null);
    }
}
