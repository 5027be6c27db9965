using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class SchedulerSupportPolicyTests
{
    [Theory]
    [InlineData(GangKind.Coscheduling)]
    [InlineData(GangKind.Volcano)]
    [InlineData(GangKind.Native)]
    public void A_gang_scheduler_that_is_not_driven_is_named_once(GangKind kind)
    {
        var scene = Scene.Of(MakeJob().With(j => j.Spec.Scheduling.Gang = kind));
        var plan = scene.Plan();
        var warning = Assert.Single(plan.Events, e => e.Reason == "NotSupported");
        Assert.Contains($"spec.scheduling.gang {kind}", warning.Message, StringComparison.Ordinal);
        Assert.Equal(2, plan.Pods.Count);
        Assert.DoesNotContain("NotSupported", scene.After(plan).Plan(1).EventReasons());
    }

    [Fact]
    public void A_queue_that_is_not_used_is_named() =>
        Assert.Contains(Scene.Of(MakeJob().With(j => j.Spec.Scheduling.Queue = "team-a")).Plan().Events, e => e.Message.Contains("spec.scheduling.queue", StringComparison.Ordinal));

    [Fact]
    public void An_ordinary_job_is_told_nothing() => Assert.DoesNotContain("NotSupported", Scene.Of(MakeJob()).Plan().EventReasons());
}
