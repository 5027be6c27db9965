using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

/// <summary>What pods are made of is what is checked, whoever wrote it where.</summary>
public sealed class AcceptedSpecTests
{
    public static TheoryData<string, string> Privileges { get; } = new()
    {
        { """{"spec":{"hostPID":true}}""", "spec.workers.template.spec.hostPID" },
        { """{"spec":{"hostNetwork":true}}""", "spec.workers.template.spec.hostNetwork" },
        { """{"spec":{"serviceAccountName":"cluster-admin-sa"}}""", "spec.workers.template.spec.serviceAccountName" },
        { """{"spec":{"automountServiceAccountToken":true}}""", "spec.workers.template.spec.automountServiceAccountToken" },
        { """{"spec":{"volumes":[{"name":"root","hostPath":{"path":"/"}}]}}""", "spec.workers.template.spec.volumes[0].hostPath" },
        { """{"spec":{"containers":[{"name":"trainer","securityContext":{"privileged":true}}]}}""",
            "spec.workers.template.spec.containers[0].securityContext.privileged" },
        { """{"spec":{"securityContext":null}}""", "spec.workers.template.spec.securityContext" },
        { """{"spec":{"hostPID":"yes"}}""", "spec.workers.template.spec.hostPID" },
    };

    private static Scene With(string template, Action<MhcTrainingJobStatus>? change = null)
    {
        var accepted = Immutability.Snapshot(MakeJob().With(j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse(template)!)
            .Build().Spec);
        return Scene.Of(MakeJob().WithGeneration(2), MakeRunning(1, 2).With(s =>
        {
            s.AcceptedSpec = accepted;
            change?.Invoke(s);
        }));
    }

    [Theory]
    [MemberData(nameof(Privileges))]
    public void A_template_in_the_status_is_checked_like_one_in_the_spec(string template, string path)
    {
        var scene = With(template).WithPods(MakePod(1, 0).Ended(1, ""), MakePod(1, 1).Running());
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.Valid, "False", "InvalidSpec");
        Assert.Contains($"{path}: expected", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Contains("status.acceptedSpec", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Empty(scene.WithoutPods().After(plan).Plan(100).Pods);
        scene.After(plan).Plan(100).ShouldCostNothing();
    }

    [Fact]
    public void What_mounts_a_Secret_makes_no_more_pods_once_the_operator_forbids_that()
    {
        const string template = """{"spec":{"volumes":[{"name":"a","secret":{"secretName":"s"}}]}}""";
        var forbids = new OperatorOptions { SecretsInTemplates = [] };
        foreach (var scene in (Scene[])
            [With(template), Scene.Of(MakeJob().With(j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse(template)!),
            MakeRunning(1, 2))])
        {
            var lost = scene.WithPods(MakePod(1, 0).Ended(1, ""), MakePod(1, 1).Running());
            Assert.Contains("Restarting", lost.Plan().Status!.Phase, StringComparison.Ordinal);

            var forbidden = lost.With(o => o with { Options = forbids });
            var plan = forbidden.Plan();
            plan.ShouldHave(ConditionTypes.Valid, "False", "InvalidSpec");
            Assert.Contains("spec.workers.template.spec.volumes[0].secret.secretName: expected no Secret",
                plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
            Assert.Empty(plan.Delete);
            Assert.Empty(forbidden.WithoutPods().After(plan).Plan(100).Pods);
        }
    }

    [Theory]
    [MemberData(nameof(Privileges))]
    public void What_was_accepted_under_a_flag_is_lost_with_the_flag(string template, string path)
    {
        var scene = With(template, s => (s.Attempt, s.Workers) = (2, new WorkerCounts())).WithoutPods();
        Assert.Empty(scene.Plan().Pods);
        Assert.Contains(path, scene.Plan().Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        if (!template.Contains("yes", StringComparison.Ordinal))
        {
            Assert.Equal(
                2, scene.With(o => o with { Options = new OperatorOptions { AllowPrivilegedTemplates = true } }).Plan().Pods.Count);
        }
    }

    [Fact]
    public void A_suspended_job_is_rid_of_what_was_accepted()
    {
        var scene = With("""{"spec":{"hostPID":true}}""",
            s => s.Conditions = [.. MakeStatus().Condition(ConditionTypes.Suspended, "True", "Suspended").Build().Conditions])
                .WithoutPods();
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.Valid, "True", "Accepted");
        Assert.Equal(2, plan.Pods.Count);
        Assert.All(plan.Pods, pod => Assert.Null(pod["spec"]!["hostPID"]));
    }

    [Theory]
    [InlineData("""{"workers":{"replicas":"many"}}""")]
    [InlineData("""{"workers":5,"model":[]}""")]
    [InlineData("""{"workers":{"replicas":-1,"devicesPerWorker":99999999999}}""")]
    [InlineData("""{"checkpoints":{"volume":{"size":{"a":1}}},"optimization":"x"}""")]
    [InlineData("""{"checkpoints":7,"data":null,"scheduling":{"gang":"Nonsense"}}""")]
    public void A_status_that_no_operator_has_written_stops_nothing_but_its_job(string accepted)
    {
        var scene = Scene.Of(MakeJob(), MakeRunning(1, 2).With(s => s.AcceptedSpec = (JsonObject)JsonNode.Parse(accepted)!)).WithoutPods();
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.Valid, "False", "InvalidSpec");
        Assert.Contains("status.acceptedSpec", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Pods);
    }

    /// <summary>What is whole by itself may make another pod when it lies over the operator's own.</summary>
    [Theory]
    [InlineData("""{"spec":{"containers":[{"name":"side","securityContext":{"capabilities":{"add":["NET_BIND_SERVICE"]}}}]}}""")]
    public void The_merged_pod_is_what_counts(string template)
    {
        var plan = Scene.Of(MakeJob().With(j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse(template)!)).Plan();
        foreach (var pod in plan.Pods)
        {
            Assert.Empty(PodTemplatePrivileges.Check(pod));
        }
    }

    [Fact]
    public void Pods_without_a_template_pass_their_own_check() =>
        Assert.All(Scene.Of(MakeJob().WithDevices(2)).Plan().Pods, pod => Assert.Empty(PodTemplatePrivileges.Check(pod)));
}
