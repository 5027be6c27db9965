using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Context;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>What tests ask of a plan.</summary>
internal static class PlanAssertions
{
    public static IEnumerable<string> PodNames(this Plan plan) => plan.Pods.Select(p => (string)p["metadata"]!["name"]!);

    public static IEnumerable<string> DeletedNames(this Plan plan) => plan.Delete.Select(d => d.Pod.Metadata.Name);

    public static IEnumerable<string> EventReasons(this Plan plan) => plan.Events.Select(e => e.Reason);

    public static V1Condition Condition(this Plan plan, string type)
    {
        Assert.NotNull(plan.Status);
        return plan.Status.Conditions.Single(c => c.Type == type);
    }

    public static void ShouldHave(this Plan plan, string type, string status, string reason)
    {
        var condition = plan.Condition(type);
        Assert.Equal((status, reason), (condition.Status, condition.Reason));
    }

    /// <summary>Nothing would be asked of the cluster.</summary>
    public static void ShouldCostNothing(this Plan plan)
    {
        Assert.Null(plan.Status);
        Assert.Empty(plan.Create);
        Assert.Empty(plan.Apply);
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Delete);
        Assert.Empty(plan.Events);
        Assert.False(plan.DeleteJob);
        Assert.False(plan.SuspendJob);
    }

    public static void ShouldHaveFailed(this Plan plan, string reason)
    {
        plan.ShouldHave(ConditionTypes.Failed, "True", reason);
        Assert.Equal("Failed", plan.Status!.Phase);
        Assert.NotNull(plan.Status.FinishedAt);
        Assert.Contains("Failed", plan.EventReasons());
    }
}
