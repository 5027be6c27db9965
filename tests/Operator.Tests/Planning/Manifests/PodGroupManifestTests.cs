using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

public sealed class PodGroupManifestTests
{
    private static JobBuilder Job(GangKind kind) => MakeJob().WithWorkers(4).With(j => j.Spec.Scheduling.Gang = kind);

    private static (JsonObject Group, JsonObject Pod) Make(JobBuilder job, ApiSupport api) =>
        (PodGroupManifest.For(job.Build(), 3, api), MakePod(job, api));

    private static JsonObject MakePod(JobBuilder job, ApiSupport? api = null) =>
        PodManifest.For(job.Build(), MakeStatus().With(s => s.Attempt = 3).Build(), 1, new(), api);

    [Fact]
    public void Coscheduling_counts_the_pods_and_finds_them_by_a_label()
    {
        var (group, pod) = Make(Job(GangKind.Coscheduling), ApiSupport.Of("scheduling.x-k8s.io/v1alpha1", "PodGroup"));
        Assert.Equal(("scheduling.x-k8s.io/v1alpha1", "PodGroup", "demo-3"),
            ((string?)group["apiVersion"], (string?)group["kind"], (string?)group["metadata"]!["name"]));
        Assert.Equal((4, 300), ((int?)group["spec"]!["minMember"], (int?)group["spec"]!["scheduleTimeoutSeconds"]));
        Assert.Equal(("demo", "3"),
            ((string?)group["metadata"]!["labels"]![Labels.Job], (string?)group["metadata"]!["labels"]![Labels.Attempt]));
        Assert.Equal((JobBuilder.Uid, true),
            ((string?)group["metadata"]!["ownerReferences"]![0]!["uid"], (bool?)group["metadata"]!["ownerReferences"]![0]!["controller"]));
        Assert.Equal("demo-3", (string?)pod["metadata"]!["labels"]!["scheduling.x-k8s.io/pod-group"]);
        Assert.Null(pod["spec"]!["schedulerName"]);
    }

    [Fact]
    public void Volcano_finds_them_by_an_annotation_and_schedules_them_itself()
    {
        var job = Job(GangKind.Volcano).With(j =>
        {
            j.Spec.Scheduling.PriorityClassName = "high";
            j.Spec.Workers.Template =
                (JsonObject)JsonNode.Parse("""{"metadata":{"annotations":{"scheduling.volcano.sh/queue-name":"research"}}}""")!;
        });
        var (group, pod) = Make(job, ApiSupport.Of("scheduling.volcano.sh/v1beta1", "PodGroup"));
        Assert.Equal("""{"minMember":4,"queue":"research","priorityClassName":"high"}""", group["spec"]!.ToJsonString());
        Assert.Equal("demo-3", (string?)pod["metadata"]!["annotations"]!["scheduling.k8s.io/group-name"]);
        Assert.Equal("volcano", (string?)pod["spec"]!["schedulerName"]);
    }

    [Fact]
    public void A_template_may_name_another_scheduler_but_no_other_group()
    {
        var job = Job(GangKind.Volcano).With(j => j.Spec.Workers.Template =
            (JsonObject)JsonNode.Parse(
            """{"metadata":{"annotations":{"scheduling.k8s.io/group-name":"theirs"}},"spec":{"schedulerName":"volcano-two"}}""")!);
        var (_, pod) = Make(job, ApiSupport.Of("scheduling.volcano.sh/v1beta1", "PodGroup"));
        Assert.Equal(("demo-3", "volcano-two"),
            ((string?)pod["metadata"]!["annotations"]!["scheduling.k8s.io/group-name"], (string?)pod["spec"]!["schedulerName"]));
    }

    [Fact]
    public void The_first_native_api_has_the_group_inside_of_a_workload()
    {
        var (group, pod) = Make(Job(GangKind.Native), ApiSupport.Of("scheduling.k8s.io/v1alpha1", "Workload"));
        Assert.Equal(
            """{"controllerRef":{"apiGroup":"training.mhc.dev","kind":"MhcTrainingJob","name":"demo"},"podGroups":[{"name":"workers","policy":{"gang":{"minCount":4}}}]}""", group["spec"]!.ToJsonString());
        Assert.Equal("""{"name":"demo-3","podGroup":"workers"}""", pod["spec"]!["workloadRef"]!.ToJsonString());
        Assert.Null(pod["spec"]!["schedulingGroup"]);
    }

    [Theory]
    [InlineData("v1alpha2", """{"schedulingPolicy":{"gang":{"minCount":4}}}""")]
    [InlineData("v1alpha3", """{"schedulingPolicy":{"gang":{"minCount":4}},"priorityClassName":"high"}""")]
    [InlineData("v1beta1", """{"schedulingPolicy":{"gang":{"minCount":4}},"priorityClassName":"high"}""")]
    public void The_later_ones_have_groups_of_their_own(string version, string spec)
    {
        var (group, pod) = Make(Job(GangKind.Native).With(j => j.Spec.Scheduling.PriorityClassName = "high"),
            ApiSupport.Of($"scheduling.k8s.io/{version}", "PodGroup"));
        Assert.Equal(spec, group["spec"]!.ToJsonString());
        Assert.Equal("""{"podGroupName":"demo-3"}""", pod["spec"]!["schedulingGroup"]!.ToJsonString());
        Assert.Null(pod["spec"]!["workloadRef"]);
    }

    [Fact]
    public void Kueue_sees_the_pods_of_an_attempt_as_one_plain_group_of_which_none_is_replaced()
    {
        var pod = MakePod(MakeJob().WithWorkers(4).With(j => j.Spec.Scheduling.Queue = "team-a"));
        var (labels, annotations) = (pod["metadata"]!["labels"]!, pod["metadata"]!["annotations"]!);
        Assert.Equal(("team-a", "demo-3"),
            ((string?)labels["kueue.x-k8s.io/queue-name"], (string?)labels["kueue.x-k8s.io/pod-group-name"]));
        Assert.Equal(("4", "false"),
            ((string?)annotations["kueue.x-k8s.io/pod-group-total-count"], (string?)annotations["kueue.x-k8s.io/retriable-in-group"]));
        Assert.Null(pod["spec"]!["schedulingGates"]);
    }

    [Fact]
    public void A_long_name_is_cut_to_the_length_of_a_label_and_stays_unique()
    {
        var long1 = MakeJob().Named(new string('a', 61)).Build().Metadata;
        var long2 = MakeJob().Named(new string('a', 61)).With(j => j.Metadata.Uid = "another").Build().Metadata;
        Assert.Equal(new string('a', 61) + "-9", GangNames.PodGroup(long1, 9));
        Assert.Equal(63, GangNames.PodGroup(long1, 10).Length);
        Assert.EndsWith("-10", GangNames.PodGroup(long1, 10), StringComparison.Ordinal);
        Assert.NotEqual(GangNames.PodGroup(long1, 10), GangNames.PodGroup(long2, 10));
    }

    [Theory]
    [InlineData(TopologyMode.Required)]
    [InlineData(TopologyMode.Preferred)]
    public void A_gang_stays_near_the_pods_of_its_own_attempt(TopologyMode mode)
    {
        var pod = MakePod(MakeJob().With(j => (j.Spec.Scheduling.TopologyKey, j.Spec.Scheduling.Topology) = ("rack", mode)));
        var affinity = pod["spec"]!["affinity"]!["podAffinity"]!;
        var term = mode == TopologyMode.Required
            ? affinity["requiredDuringSchedulingIgnoredDuringExecution"]![0]!
            : affinity["preferredDuringSchedulingIgnoredDuringExecution"]![0]!["podAffinityTerm"]!;
        Assert.Equal(
            """{"topologyKey":"rack","labelSelector":{"matchLabels":{"training.mhc.dev/job":"demo","training.mhc.dev/attempt":"3"}}}""",
            term.ToJsonString());
    }

    [Fact]
    public void Devices_of_any_kind_pass_through_the_template()
    {
        var job = MakeJob().With(j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse(
            """{"spec":{"resourceClaims":[{"name":"gpu","resourceClaimTemplateName":"one-gpu"}],"containers":[{"name":"trainer","resources":{"limits":{"rdma/hca":"1"},"claims":[{"name":"gpu"}]}}]}}""")!);
        var pod = MakePod(job);
        Assert.Equal("""{"limits":{"rdma/hca":"1"},"claims":[{"name":"gpu"}]}""",
            pod["spec"]!["containers"]![0]!["resources"]!.ToJsonString());
    }
}
