using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class PodGroupPolicyTests
{
    private static readonly ApiSupport Api = ApiSupport.Of("scheduling.x-k8s.io/v1alpha1", "PodGroup");

    private static JobBuilder Job() => MakeJob().With(j => j.Spec.Scheduling.Gang = GangKind.Coscheduling);

    private static PodGroup Group(int attempt, string owner = JobBuilder.Uid, DateTime? deleted = null) =>
        new("scheduling.x-k8s.io/v1alpha1", "PodGroup")
        {
            Metadata = new V1ObjectMeta
            {
                Name = $"demo-{attempt}",
                NamespaceProperty = "default",
                Uid = $"group-{attempt}",
                DeletionTimestamp = deleted,
                OwnerReferences = [new V1OwnerReference { Uid = owner, Controller = true }],
            },
        };

    private static Scene At(int attempt, ApiSupport api, params PodGroup[] groups) =>
        Scene.Of(Job(), MakeStatus().With(s => s.Attempt = attempt)).With(o => o with { Gangs = api, PodGroups = groups });

    [Fact]
    public void A_gang_gets_its_group_before_its_pods()
    {
        var plan = Scene.Of(Job()).With(o => o with { Gangs = Api }).Plan();
        var group = Assert.Single(plan.Create, c => (string?)c["kind"] == "PodGroup");
        Assert.Equal("demo-1", (string?)group["metadata"]!["name"]);
        Assert.Equal(2, plan.Pods.Count);
        Assert.All(plan.Pods, p => Assert.Equal("demo-1", (string?)p["metadata"]!["labels"]!["scheduling.x-k8s.io/pod-group"]));
    }

    [Fact]
    public void A_group_that_is_there_is_not_made_again() =>
        Assert.DoesNotContain(At(1, Api, Group(1)).Plan().Create, c => (string?)c["kind"] == "PodGroup");

    [Fact]
    public void A_group_that_was_deleted_under_its_pods_is_made_again()
    {
        var plan = At(1, Api).WithPods(MakeRunningGang(1, 2)).Plan();
        Assert.Single(plan.Create);
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Delete);
    }

    [Fact]
    public void Each_attempt_has_a_group_of_its_own_and_the_old_one_goes()
    {
        var plan = At(2, Api, Group(1)).Plan();
        Assert.Equal(["demo-1"], plan.DeleteGroups.Select(g => g.Metadata.Name));
        Assert.Equal("demo-2", (string?)plan.Create.Single(c => (string?)c["kind"] == "PodGroup")["metadata"]!["name"]);
    }

    [Fact]
    public void A_suspended_job_and_one_that_is_over_have_no_group()
    {
        Assert.Single(Scene.Of(Job().Suspended(), MakeStatus().With(s => s.Attempt = 1))
            .With(o => o with { Gangs = Api, PodGroups = [Group(1)] }).Plan().DeleteGroups);
        Assert.Single(At(1, Api, Group(1)).WithPods(MakePod(1, 0).Succeeded(), MakePod(1, 1).Succeeded()).Plan().DeleteGroups);
    }

    [Fact]
    public void A_group_of_somebody_else_is_left_alone_and_named()
    {
        var plan = At(1, Api, Group(1, "other")).Plan();
        Assert.Empty(plan.DeleteGroups);
        Assert.Empty(plan.Pods);
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");
    }

    [Fact]
    public void A_group_that_is_being_deleted_is_waited_for()
    {
        var plan = At(1, Api, Group(1, deleted: Clock.Start.UtcDateTime)).Plan();
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.DeleteGroups);
    }

    [Fact]
    public void Where_the_api_is_missing_the_job_says_so_once_and_waits()
    {
        var scene = At(1, ApiSupport.Without("no podgroups here"));
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "ApiMissing");
        Assert.Equal("no podgroups here", plan.Condition(ConditionTypes.GangScheduled).Message);
        Assert.Equal(["ApiMissing"], plan.EventReasons());
        Assert.Empty(plan.Pods);
        Assert.NotNull(plan.RequeueAfter);
        scene.After(plan).Plan(1).ShouldCostNothing();
    }

    [Fact]
    public void Until_the_cluster_has_answered_nothing_is_made_and_nothing_said()
    {
        var plan = At(1, ApiSupport.Unknown).Plan();
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Events);
    }

    [Fact]
    public void On_one_machine_a_gang_needs_no_group()
    {
        var plan = At(1, ApiSupport.NotNeeded).Plan();
        Assert.Equal(2, plan.Pods.Count);
        Assert.Empty(plan.Create);
    }

    [Fact]
    public void Resource_claims_need_a_cluster_that_has_them()
    {
        var scene = Scene.Of(MakeJob()
            .With(
                j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse(
                    """{"spec":{"resourceClaims":[{"name":"gpu","resourceClaimTemplateName":"one-gpu"}]}}""")!));
        var without = scene.With(o => o with { ResourceClaims = ApiSupport.Without("no claims here") }).Plan();
        without.ShouldHave(ConditionTypes.GangScheduled, "False", "ApiMissing");
        Assert.Empty(without.Pods);
        var with = scene.With(o => o with { ResourceClaims = ApiSupport.Of("resource.k8s.io/v1", "ResourceClaimTemplate") }).Plan();
        Assert.All(with.Pods, p => Assert.Equal("one-gpu", (string?)p["spec"]!["resourceClaims"]![0]!["resourceClaimTemplateName"]));
    }

    [Fact]
    public void A_gang_that_is_given_up_lets_its_nodes_go_though_the_next_one_must_wait_for_the_api()
    {
        var plan = At(2, ApiSupport.Without("no podgroups here")).WithPods(MakePod(1, 0).Running()).Plan();
        Assert.Equal(["demo-1-0"], plan.DeletedNames());
        Assert.Empty(plan.Pods);
    }
}
