using MhcOperator.Api;
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
        var plan = Scene.Of(MakeJob().WithErrors(new Api.Validation.FieldError("spec.model.width", "expected at least 1")), MakeStatus().With(s => s.Conditions = first.Status!.Conditions)).Plan();
        Assert.Equal(["InvalidSpec"], plan.EventReasons());
    }

    [Fact]
    public void A_job_that_cannot_be_read_at_all_says_so_and_keeps_its_status()
    {
        var scene = Scene.Of(MakeJob().WithErrors(new Api.Validation.FieldError("spec.workers", "expected a map")), MakeRunning(2, 2))
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
        var rejected = MakeStatus().With(s => s.Attempt = 1).Condition(ConditionTypes.Valid, "False", "Rejected", "Pod demo-1-0 was refused: bad");
        var same = Scene.Of(MakeJob(), rejected).Plan();
        Assert.Equal("False", (same.Status ?? rejected.Build()).Conditions.Single(c => c.Type == ConditionTypes.Valid).Status);

        Scene.Of(MakeJob().WithGeneration(2), rejected).Plan().ShouldHave(ConditionTypes.Valid, "True", "Accepted");
    }
}
