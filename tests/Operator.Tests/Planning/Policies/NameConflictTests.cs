using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class NameConflictTests
{
    [Fact]
    public void What_the_job_of_this_name_before_has_left_is_waited_for_all_of_it_named_at_once_and_without_a_warning()
    {
        var scene = Scene.Of(MakeJob()).WithPods(MakePod(1, 0).OwnedBy("before").Running(), MakePod(1, 1).OwnedBy("before").Succeeded())
            .With(o =>
        {
            o.Service!.Metadata.OwnerReferences[0].Uid = "before";
            o.ConfigMap!.Metadata.OwnerReferences[0].Uid = "before";
            return o;
        });
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "AwaitingPredecessor");
        Assert.Equal(
            "ConfigMap demo-config, Pod demo-1-0, Pod demo-1-1 and Service demo are of the job of this name before; waiting for them to go",
            plan.Condition(ConditionTypes.GangScheduled).Message);
        Assert.DoesNotContain(plan.Events, e => e.IsWarning);
        Assert.Equal(("Pending", "AwaitingPredecessor", 0), (plan.Status!.Phase, plan.Status.Reason, plan.Status.Attempt));
        Assert.Empty(plan.Pods);
        scene.After(plan).Plan(1).ShouldCostNothing();
    }

    [Fact]
    public void A_living_pod_of_the_job_before_is_waited_for_whatever_its_attempt_and_one_that_has_ended_is_not()
    {
        Assert.Empty(Scene.Of(MakeJob()).WithPods(MakePod(4, 1).OwnedBy("before").Running()).Plan().Pods);
        Assert.Equal(2, Scene.Of(MakeJob()).WithPods(MakePod(4, 1).OwnedBy("before").Succeeded()).Plan().Pods.Count);
    }

    [Fact]
    public void Names_that_others_have_are_all_told_in_one_warning()
    {
        var scene = Scene.Of(MakeJob()).WithPods(MakePod(1, 1).OfSomebodyElse()).With(o =>
        {
            o.Service!.Metadata.OwnerReferences = null;
            o.ConfigMap!.Metadata.OwnerReferences[0].Uid = "before";
            return o;
        });
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");
        Assert.Equal(
            "Pod demo-1-1 and Service demo exist and belong to somebody else; delete them or give the job another name. ConfigMap demo-config is of the job of this name before; waiting for it to go",
            Assert.Single(plan.Events, e => e.IsWarning).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_gang_is_made_beside_a_living_pod_of_an_older_one_that_no_longer_belongs_to_the_job(bool hasOtherOwner)
    {
        var lost = MakePod(1, 0).Running().With(p => p.Metadata.OwnerReferences = hasOtherOwner
            ? [new V1OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = "x", Uid = "x", Controller = true }]
            : null);
        var plan = Scene.Of(MakeJob(), MakeStatus().With(s => s.Attempt = 2)).WithPods(lost).Plan();
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Delete);
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");
    }

    [Theory]
    [InlineData("label", "pod demo-1-0 was taken out of the gang (a label of it was changed) and is deleted")]
    [InlineData("owner", "pod demo-1-0 was taken out of the gang (its owner was changed)")]
    [InlineData("pod", "pod demo-1-0 is gone")]
    public void What_happened_to_a_pod_that_left_the_gang_is_said(string what, string said)
    {
        var left = MakePod(1, 0).Running();
        var pods = what switch
        {
            "label" => [left.With(p => p.Metadata.Labels[Labels.Attempt] = "0").Build(), MakePod(1, 1).Running().Build()],
            "owner" => [left.With(p => p.Metadata.OwnerReferences = null).Build(), MakePod(1, 1).Running().Build()],
            _ => new[] { MakePod(1, 1).Running().Build() },
        };
        var plan = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(pods).Plan();
        Assert.Equal((2, said), (plan.Status!.Attempt, plan.Condition(ConditionTypes.Restarting).Message));
        Assert.Empty(plan.Pods);
    }

    [Fact]
    public void A_pod_that_only_carries_the_jobs_label_is_in_nobodys_way() =>
        Assert.Equal(
            2, Scene.Of(MakeJob()).WithPods(MakePod(1, 0).With(p => (p.Metadata.Name, p.Metadata.OwnerReferences) = ("debug", null))
                .Running()).Plan().Pods.Count);
}
