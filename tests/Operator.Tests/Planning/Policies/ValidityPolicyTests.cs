using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class ValidityPolicyTests
{
    private static JobBuilder MakeInvalid() => MakeJob().WithErrors(
        new("spec.model.heads", "expected a divisor of width (512), but it is 7"),
        new("spec.optimization.steps", "expected at least 1, but it is 0"));

    [Fact]
    public void Every_wrong_field_is_named_and_no_pod_is_made()
    {
        var plan = Scene.Of(MakeInvalid()).Plan();

        plan.ShouldHave(ConditionTypes.Valid, "False", "InvalidSpec");
        Assert.Contains("spec.model.heads", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Contains("spec.optimization.steps", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Equal("Invalid", plan.Status!.Phase);
        Assert.Empty(plan.Pods);
        Assert.Empty(plan.Create);
        var warning = Assert.Single(plan.Events);
        Assert.Equal((true, "InvalidSpec"), (warning.IsWarning, warning.Reason));
    }

    [Fact]
    public void It_is_said_once()
    {
        var scene = Scene.Of(MakeInvalid());
        scene.After(scene.Plan()).Plan(10).ShouldCostNothing();
    }

    [Fact]
    public void Other_errors_are_said_again()
    {
        var first = Scene.Of(MakeInvalid()).Plan();
        var plan = Scene.Of(MakeJob().WithErrors(new Api.Errors.FieldError("spec.model.width", "expected at least 1")),
            MakeStatus().With(s => s.Conditions = first.Status!.Conditions)).Plan();
        Assert.Equal(["InvalidSpec"], plan.EventReasons());
    }

    [Fact]
    public void A_job_that_cannot_be_read_at_all_says_so_and_keeps_its_status()
    {
        var scene = Scene.Of(MakeJob().WithErrors(new Api.Errors.FieldError("spec.workers", "expected a map")), MakeRunning(2, 2))
            .With(o => o with { Manifest = o.Manifest with { Job = null } });

        var plan = scene.Plan();

        plan.ShouldHave(ConditionTypes.Valid, "False", "InvalidSpec");
        Assert.Equal(2, plan.Status!.Attempt);
        scene.After(plan).Plan().ShouldCostNothing();
    }

    [Fact]
    public void Pods_that_run_when_the_spec_becomes_invalid_are_left_alone()
    {
        var plan = Scene.Of(MakeInvalid(), MakeRunning(1, 2)).WithPods(MakeRunningGang(1, 2)).Plan();
        Assert.Empty(plan.Delete);
        Assert.Equal(1, plan.Status!.Attempt);
    }

    [Fact]
    public void A_repaired_spec_becomes_valid_and_starts()
    {
        var plan = Scene.Of(MakeJob().WithGeneration(2), MakeStatus().Condition(ConditionTypes.Valid, "False", "InvalidSpec")).Plan();
        plan.ShouldHave(ConditionTypes.Valid, "True", "Accepted");
        Assert.Equal(2, plan.Status!.ObservedGeneration);
        Assert.Equal(2, plan.Pods.Count);
    }

    [Fact]
    public void What_the_cluster_has_rejected_stays_invalid_until_the_spec_changes()
    {
        var rejected = MakeStatus().With(s => s.Attempt = 1)
            .Condition(ConditionTypes.Valid, "False", "Rejected", "Pod demo-1-0 was refused: bad");
        var same = Scene.Of(MakeJob(), rejected).Plan();
        Assert.Equal("False", (same.Status ?? rejected.Build()).Conditions.Single(c => c.Type == ConditionTypes.Valid).Status);

        Scene.Of(MakeJob().WithGeneration(2), rejected).Plan().ShouldHave(ConditionTypes.Valid, "True", "Accepted");
    }

    [Fact]
    public void A_change_that_may_not_be_is_named_and_the_job_goes_on_as_it_was()
    {
        var status = MakeRunning(1, 2).With(s => s.AcceptedSpec = Immutability.Snapshot(MakeJob().Build().Spec));
        var scene = Scene.Of(MakeJob().WithGeneration(2).With(j => j.Spec.Model = j.Spec.Model with { Layers = 99 }), status)
            .WithPods(MakePod(1, 0).Ended(1, ""), MakePod(1, 1).Running()).With(o => o with { ConfigMap = o.ConfigMap });
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.Valid, "False", "ChangeRejected");
        Assert.Contains("spec.model.layers: may not change", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Contains("ChangeRejected", plan.EventReasons());
        Assert.Equal(("Restarting", 2), (plan.Status!.Phase, plan.Status.Attempt));
        var configuration = Assert.Single(plan.Apply); // Scene made the map of the spec as it is given
        Assert.DoesNotContain("99", (string?)configuration["data"]!["trainer.json"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_that_is_taken_back_makes_the_job_valid_again()
    {
        var status = MakeRunning(1, 2).With(s => s.AcceptedSpec = Immutability.Snapshot(MakeJob().Build().Spec))
            .Condition(ConditionTypes.Valid, "False", "ChangeRejected");
        Scene.Of(MakeJob(), status).WithPods(MakeRunningGang(1, 2)).Plan().ShouldHave(ConditionTypes.Valid, "True", "Accepted");
    }

    [Fact]
    public void A_template_that_asks_for_privileges_is_refused_unless_the_operator_allows_it()
    {
        var scene = Scene.Of(MakeJob()
            .With(j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse("""{"spec":{"hostNetwork":true}}""")!));
        var plan = scene.Plan();
        plan.ShouldHave(ConditionTypes.Valid, "False", "InvalidSpec");
        Assert.Contains("spec.workers.template.spec.hostNetwork", plan.Condition(ConditionTypes.Valid).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Pods);
        Assert.Equal(2, scene.With(o => o with { Options = new OperatorOptions { AllowPrivilegedTemplates = true } }).Plan().Pods.Count);
    }
}
