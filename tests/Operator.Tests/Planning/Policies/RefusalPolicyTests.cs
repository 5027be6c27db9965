using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class RefusalPolicyTests
{
    private static Scene Refused(System.Net.HttpStatusCode status, long generation = 1, bool told = false) =>
        Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1))
            .With(
                o => o with { Refusals = [new("Pod", "demo-1-0", status, "says the server", generation, Clock.Start) { IsTold = told }] });

    [Fact]
    public void A_pod_that_the_cluster_finds_invalid_makes_the_job_invalid_with_a_warning_and_no_loop()
    {
        var scene = Refused(System.Net.HttpStatusCode.UnprocessableEntity);
        var plan = scene.Plan(1);
        plan.ShouldHave(ConditionTypes.Valid, "False", "Rejected");
        Assert.Contains("says the server", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Pods);
        Assert.True(plan.Events.Single(e => e.Reason == "Rejected").IsWarning);
        Assert.Equal(TimeSpan.FromSeconds(29), plan.RequeueAfter);
        scene.After(plan).Plan(2).ShouldCostNothing();
    }

    [Fact]
    public void Of_several_refused_pods_the_same_one_is_named_in_whatever_order_and_at_whatever_moments_they_were_refused()
    {
        static Scene Two(bool swapped) => Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 1)).With(o => o with
        {
            Refusals =
            [
                new("Pod", swapped ? "demo-1-1" : "demo-1-0", System.Net.HttpStatusCode.UnprocessableEntity, "says the server", 1,
                    Clock.Start),
                new("Pod", swapped ? "demo-1-0" : "demo-1-1", System.Net.HttpStatusCode.UnprocessableEntity, "says the server", 1,
                    Clock.After(0.5)),
            ],
        });
        var plan = Two(swapped: false).Plan(1);
        Assert.Contains("demo-1-0", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Two(swapped: true).After(plan).Plan(2).ShouldCostNothing();
        Two(swapped: false).After(plan).Plan(30.2).ShouldCostNothing();
    }

    [Fact]
    public void A_pod_that_is_not_allowed_now_is_a_matter_of_scheduling()
    {
        var plan = Refused(System.Net.HttpStatusCode.Forbidden).Plan(1);
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NotAllowed");
        plan.ShouldHave(ConditionTypes.Valid, "True", "Accepted");
    }

    [Fact]
    public void A_name_that_is_taken_is_a_conflict() =>
        Refused(System.Net.HttpStatusCode.Conflict).Plan(1).ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");

    [Theory]
    [InlineData(System.Net.HttpStatusCode.Forbidden)]
    [InlineData(System.Net.HttpStatusCode.UnprocessableEntity)]
    public void A_first_attempt_of_which_no_pod_could_be_made_has_not_begun_and_is_not_written_before_its_pods_are_there(
        System.Net.HttpStatusCode status)
    {
        var scene = Scene.Of(MakeJob())
            .With(o => o with { Refusals = [new("Pod", "demo-1-0", status, "says the server", 1, Clock.Start)] });
        var plan = scene.Plan(1);
        Assert.Equal((0, null), (plan.Status!.Attempt, plan.Status.AcceptedSpec));
        Assert.Equal("no pod has been made", plan.Condition(ConditionTypes.Running).Message);
        scene.After(plan).Plan(2).ShouldCostNothing();

        var again = scene.With(o => o with { Refusals = [.. o.Refusals.Select(r => r with { IsTold = true })] }).Plan(30);
        Assert.Equal((true, 2, 1), (again.StatusFollowsPods, again.Pods.Count, again.Status!.Attempt));
        var begun = scene.WithPods(MakePod(1, 0), MakePod(1, 1)).Plan(31);
        Assert.Equal((1, "Pending"), (begun.Status!.Attempt, begun.Condition(ConditionTypes.GangScheduled).Reason));
    }

    [Fact]
    public void It_is_tried_again_after_a_while() =>
        Assert.Equal(2, Refused(System.Net.HttpStatusCode.Forbidden, told: true).Plan(30).Pods.Count);

    [Fact]
    public void What_nobody_had_the_time_to_look_at_is_told_before_it_is_tried_again()
    {
        var plan = Refused(System.Net.HttpStatusCode.Forbidden).Plan(300);
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NotAllowed");
        Assert.Equal((0, TimeSpan.Zero), (plan.Pods.Count, plan.RequeueAfter));
    }

    [Fact]
    public void A_changed_spec_is_tried_at_once() =>
        Assert.Equal(2, Refused(System.Net.HttpStatusCode.UnprocessableEntity, generation: 0).Plan(1).Pods.Count);

    [Fact]
    public void What_was_refused_once_does_not_matter_to_a_gang_that_is_there()
    {
        var plan = Refused(System.Net.HttpStatusCode.Forbidden).WithPods(MakeRunningGang(1, 2)).Plan(1);
        plan.ShouldHave(ConditionTypes.Running, "True", "GangRunning");
        plan.ShouldHave(ConditionTypes.GangScheduled, "True", "Scheduled");
    }
}
