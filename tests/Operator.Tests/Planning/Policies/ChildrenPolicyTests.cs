using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class ChildrenPolicyTests
{
    private static Scene Running() => Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakeRunningGang(1, 2));

    [Fact]
    public void A_deleted_service_is_made_again()
    {
        var plan = Running().With(o => o with { Service = null }).Plan();
        Assert.Equal(["Service"], plan.Create.Select(c => (string)c["kind"]!));
        Assert.Null(plan.Status);
    }

    [Fact]
    public void A_deleted_config_map_is_made_again()
    {
        var plan = Running().With(o => o with { ConfigMap = null }).Plan();
        Assert.Equal(["ConfigMap"], plan.Create.Select(c => (string)c["kind"]!));
    }

    [Fact]
    public void A_config_map_that_was_changed_is_put_right()
    {
        var scene = Running();
        var plan = scene.With(o =>
        {
            o.ConfigMap!.Data["trainer.json"] = "{}";
            return o;
        }).Plan();
        Assert.Equal(["ConfigMap"], plan.Apply.Select(c => (string)c["kind"]!));
    }

    [Fact]
    public void A_service_of_somebody_else_is_left_alone_and_the_job_says_so()
    {
        var scene = Scene.Of(MakeJob()).With(o =>
        {
            o.Service!.Metadata.OwnerReferences = null;
            return o;
        });
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");
        Assert.Contains("Service demo", plan.Condition(ConditionTypes.GangScheduled).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Apply);
        Assert.Contains("NameConflict", plan.EventReasons());
        Assert.NotNull(plan.RequeueAfter);
    }

    [Fact]
    public void A_config_map_of_another_job_is_left_alone()
    {
        var plan = Scene.Of(MakeJob()).With(o =>
        {
            (o.ConfigMap!.Metadata.OwnerReferences[0].Uid, o.ConfigMap.Metadata.OwnerReferences[0].Name) = ("another", "another");
            return o;
        }).Plan();
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");
        Assert.Empty(plan.Apply);
    }

    [Fact]
    public void A_retained_claim_is_used_again()
    {
        var plan = Scene.Of(MakeJob()).With(o =>
        {
            o.Claim!.Metadata.OwnerReferences = null;
            return o;
        }).Plan();
        Assert.Equal(2, plan.Pods.Count);
        Assert.Empty(plan.Create);
    }

    [Fact]
    public void A_claim_of_another_job_is_left_alone()
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.Checkpoints.Volume.Policy = VolumePolicy.Delete)).With(o =>
        {
            (o.Claim!.Metadata.OwnerReferences[0].Uid, o.Claim.Metadata.OwnerReferences[0].Name) = ("another", "another");
            return o;
        }).Plan();
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");
        Assert.Empty(plan.Pods);
    }

    [Fact]
    public void A_claim_that_the_job_names_is_not_made()
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.Checkpoints.Volume.ClaimName = "mine")).With(o => o with { Claim = null }).Plan();
        Assert.Empty(plan.Create);
        Assert.Equal(
            "mine", (string?)plan.Pods[0]["spec"]!["volumes"]!.AsArray()
                .Single(v => (string?)v!["name"] == "checkpoints")!["persistentVolumeClaim"]!["claimName"]);
    }
}
