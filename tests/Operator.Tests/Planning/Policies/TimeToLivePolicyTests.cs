using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class TimeToLivePolicyTests
{
    private static Scene Finished(int? ttl) => Scene.Of(
        MakeJob().With(j => j.Spec.RunPolicy.TtlSecondsAfterFinished = ttl),
        MakeRunning(1, 2).With(s =>
        {
            s.Phase = "Succeeded";
            s.FinishedAt = Clock.Start.UtcDateTime;
        }).Condition(ConditionTypes.Succeeded, "True", "Succeeded"));

    [Fact]
    public void A_finished_job_is_looked_at_again_when_its_time_is_over()
    {
        var plan = Finished(60).Plan(20);
        Assert.False(plan.DeleteJob);
        Assert.Equal(TimeSpan.FromSeconds(40), plan.RequeueAfter);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(61)]
    public void It_is_deleted_then(double later) => Assert.True(Finished(60).Plan(later).DeleteJob);

    [Fact]
    public void Zero_seconds_delete_it_together_with_the_end()
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.RunPolicy.TtlSecondsAfterFinished = 0), MakeRunning(1, 2))
            .WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Succeeded()).Plan();
        Assert.True(plan.DeleteJob);
        Assert.NotNull(plan.Status);
    }

    [Fact]
    public void Without_a_time_it_stays() => Assert.False(Finished(null).Plan(1_000_000).DeleteJob);

    [Fact]
    public void A_running_job_has_no_time_to_live()
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.RunPolicy.TtlSecondsAfterFinished = 1), MakeRunning(1, 2))
            .WithPods(MakeRunningGang(1, 2)).Plan(100);
        Assert.False(plan.DeleteJob);
    }
}
