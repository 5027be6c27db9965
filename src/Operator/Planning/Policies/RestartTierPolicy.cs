using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>
/// The cheapest way to begin the next attempt after processes have failed. In place only where every pod is there to stay, on a node that
/// is well, and where training has come further since the last time: what fails again at the same place is worth new pods.
/// </summary>
internal static class RestartTierPolicy
{
    /// <param name="context">The plan.</param>
    /// <param name="failedAtStep">Where the processes say that they failed; 0: they do not.</param>
    /// <returns>One of <see cref="RecoveryTiers"/>.</returns>
    public static string Choose(PlanContext context, int failedAtStep = 0) =>
        CanStay(context, failedAtStep) ? RecoveryTiers.RestartInPlace : RecoveryTiers.RecreateGang;

    private static bool CanStay(PlanContext context, int failedAtStep)
    {
        var gang = context.Gang;
        return InPlaceManifest.IsFor(context.Job, context.Observed.Options)
            && gang.IsComplete
            && gang.Current.All(
                p => p is { IsActive: true, IsWhole: true, Phase: "Running", End: null or { Held: true } } && IsNodeWell(context, p.Pod))
            && (context.Status.InPlace is not { } last || Math.Max(FurthestStep.Of(context.Status), failedAtStep) > last.AtStep);
    }

    private static bool IsNodeWell(PlanContext context, V1Pod pod) =>
        pod.Spec?.NodeName is not { } node || !context.Observed.Nodes.TryGetValue(node, out var state)
            || state is { IsGone: false, IsCordoned: false, IsOutOfService: false, NotReadySince: null };
}
