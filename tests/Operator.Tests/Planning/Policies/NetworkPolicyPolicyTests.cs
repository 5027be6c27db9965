using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class NetworkPolicyPolicyTests
{
    private static readonly JobNetworkOptions Network = new()
    {
        OperatorNamespace = new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = "mhc-system" },
        OperatorPods = new Dictionary<string, string> { ["app.kubernetes.io/name"] = "mhc-operator" },
        Scrapers = new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = "monitoring" },
    };

    private static readonly ApiSupport There = ApiSupport.Of("networking.k8s.io/v1", "NetworkPolicy");

    [Fact]
    public void The_jobs_own_pods_the_operator_and_whoever_collects_metrics_are_let_in()
    {
        var manifest = NetworkPolicyManifest.For(MakeJob().Build(), Network);
        Assert.Equal(("demo-network", "demo"),
            ((string?)manifest["metadata"]!["name"], (string?)manifest["metadata"]!["labels"]![Labels.Job]));
        Assert.Equal(Uid, (string?)manifest["metadata"]!["ownerReferences"]![0]!["uid"]);
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""
                {
                  "podSelector": {"matchLabels": {"training.mhc.dev/job": "demo"}},
                  "policyTypes": ["Ingress"],
                  "ingress": [
                    {"from": [{"podSelector": {"matchLabels": {"training.mhc.dev/job": "demo"}}}]},
                    {"from": [{
                      "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "mhc-system"}},
                      "podSelector": {"matchLabels": {"app.kubernetes.io/name": "mhc-operator"}}}]},
                    {"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
                     "ports": [{"port": "status", "protocol": "TCP"}]}
                  ]
                }
                """),
            manifest["spec"]), manifest.ToJsonString());
        Assert.Equal(2, NetworkPolicyManifest.Spec("demo", Network with { Scrapers = null })["ingress"]!.AsArray().Count);
    }

    [Fact]
    public void Where_none_is_asked_for_none_is_made() =>
        Assert.DoesNotContain(Scene.Of(MakeJob()).Plan().Create, made => (string?)made["kind"] == "NetworkPolicy");

    [Fact]
    public void It_is_made_before_the_pods()
    {
        var plan = Beginning(There).Plan();
        Assert.Equal(["NetworkPolicy"], plan.Create.Select(made => (string?)made["kind"]));
        Assert.Equal(["demo-1-0", "demo-1-1"], plan.PodNames());
    }

    [Fact]
    public void Before_it_is_known_whether_it_can_be_made_no_pod_is_made()
    {
        var plan = Beginning(ApiSupport.Unknown).Plan();
        Assert.Empty(plan.Pods);
        Assert.NotNull(plan.RequeueAfter);
    }

    [Fact]
    public void Where_the_right_is_missing_the_job_says_so_and_waits()
    {
        var plan = Beginning(ApiSupport.Without("grant it")).Plan();
        Assert.Empty(plan.Pods);
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "ApiMissing");
        Assert.Equal("grant it", plan.Condition(ConditionTypes.GangScheduled).Message);
        Assert.Contains("ApiMissing", plan.EventReasons());
    }

    [Fact]
    public void A_gang_that_runs_gets_its_policy_and_runs_on_without_one()
    {
        var running = Scene.Of(MakeJob(), MakeRunning(1, 2)).WithPods(MakeRunningGang(1, 2));
        var plan = With(running, There).Plan();
        Assert.Equal(["NetworkPolicy"], plan.Create.Select(made => (string?)made["kind"]));
        Assert.Empty(plan.Delete);
        var without = With(running, ApiSupport.Without("grant it")).Plan();
        without.ShouldCostNothing();
        Assert.NotNull(without.RequeueAfter);
    }

    [Fact]
    public void One_that_was_changed_is_put_right_and_what_a_server_adds_is_no_change()
    {
        var spec = NetworkPolicyManifest.Spec("demo", Network);
        Assert.Empty(Standing(spec, owned: true).Plan().Apply);
        spec["egress"] = new JsonArray();
        Assert.Empty(Standing(spec, owned: true).Plan().Apply);
        spec["ingress"]!.AsArray().Add((JsonNode)new JsonObject());
        Assert.Equal(["NetworkPolicy"], Standing(spec, owned: true).Plan().Apply.Select(made => (string?)made["kind"]));
        Assert.Equal(["NetworkPolicy"],
            Standing(NetworkPolicyManifest.Spec("demo", Network with { Scrapers = null }),
                owned: true).Plan().Apply.Select(made => (string?)made["kind"]));
    }

    [Fact]
    public void One_of_somebody_else_is_left_alone_and_the_job_says_so()
    {
        var plan = Standing(new JsonObject(), owned: false).Plan();
        plan.ShouldHave(ConditionTypes.GangScheduled, "False", "NameConflict");
        Assert.Contains("NetworkPolicy demo-network", plan.Condition(ConditionTypes.GangScheduled).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Apply);
        Assert.Empty(plan.Pods);
    }

    private static Scene Beginning(ApiSupport support) => With(Scene.Of(MakeJob()), support);

    private static Scene With(Scene scene, ApiSupport support) =>
        scene.With(o => o with { Options = o.Options with { JobNetwork = Network }, NetworkPolicies = support });

    private static Scene Standing(JsonObject spec, bool owned)
    {
        var policy = new JobNetworkPolicy(spec.DeepClone().AsObject());
        policy.Metadata.Name = "demo-network";
        policy.Metadata.OwnerReferences = owned ? MakePod(1, 0).Build().Metadata.OwnerReferences : null;
        return Beginning(There).With(o => o with { NetworkPolicy = policy });
    }
}
