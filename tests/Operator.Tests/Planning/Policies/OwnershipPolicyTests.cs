using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class OwnershipPolicyTests
{
    [Fact]
    public void A_job_that_somebody_else_manages_is_left_untouched() =>
        Scene.Of(MakeJob().With(j => j.Spec.ManagedBy = "kueue.x-k8s.io/multikueue")).Plan().ShouldCostNothing();

    [Fact]
    public void The_status_that_somebody_else_wrote_is_kept()
    {
        var foreign = MakeStatus().With(s => s.Phase = "Elsewhere").Condition(ConditionTypes.Running, "True", "RemoteCluster");
        Scene.Of(MakeJob().With(j => j.Spec.ManagedBy = "kueue.x-k8s.io/multikueue"), foreign).WithPods(MakeRunningGang(1, 2)).Plan()
            .ShouldCostNothing();
    }

    [Fact]
    public void A_job_that_is_being_deleted_gets_no_new_pods() =>
        Scene.Of(MakeJob().With(j => j.Metadata.DeletionTimestamp = Clock.Start.UtcDateTime)).Plan().ShouldCostNothing();

    [Fact]
    public void A_job_of_this_operator_is_acted_on() =>
        Assert.NotNull(Scene.Of(MakeJob()).Plan().Status);
}
