using System.Net;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class PhasePolicyTests
{
    private static StatusBuilder Begun => MakeStatus().With(s => s.Attempt = 1);

    private static Refusal Refused(HttpStatusCode status) => new("Pod", "demo-1-0", status, "says the server", 1, Clock.Start);

    public static TheoryData<string, string> Words() => new()
    {
        { "quota", "Pending NotAllowed" },
        { "refused", "Invalid Rejected" },
        { "half", "Pending Unschedulable" },
        { "gated", "Pending AwaitingAdmission" },
        { "image", "Pending ImagePullBackOff" },
        { "starts", "Pending Starting" },
        { "waits", "Pending Pending" },
        { "runs", "Running GangRunning" },
        { "unstable", "Running LossSpike" },
        { "timeout", "Restarting SchedulingTimeout" },
        { "again", "Restarting ImagePullBackOff" },
        { "suspended", "Suspended Suspended" },
        { "failed", "Failed DeadlineExceeded" },
    };

    [Theory]
    [MemberData(nameof(Words))]
    public void The_reason_says_in_one_word_what_the_phase_hides(string what, string words)
    {
        var scene = what switch
        {
            "quota" => Scene.Of(MakeJob()).With(o => o with { Refusals = [Refused(HttpStatusCode.Forbidden)] }),
            "refused" => Scene.Of(MakeJob()).With(o => o with { Refusals = [Refused(HttpStatusCode.UnprocessableEntity)] }),
            "half" => Scene.Of(MakeJob(), Begun).WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Unschedulable("no room")),
            "gated" => Scene.Of(MakeJob(), Begun).WithPods(MakePod(1, 0).Gated(), MakePod(1, 1).Gated()),
            "image" => Scene.Of(MakeJob(), Begun).WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Waiting("ImagePullBackOff", "")),
            "starts" => Scene.Of(MakeJob(), Begun).WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Scheduled()),
            "waits" => Scene.Of(MakeJob()),
            "runs" => Scene.Of(MakeJob(), Begun).WithPods(MakeRunningGang(1, 2)),
            "unstable" => Scene.Of(MakeJob(), Begun.Condition(ConditionTypes.Stable, "False", "LossSpike")).WithPods(MakeRunningGang(1, 2)),
            "timeout" => Scene.Of(MakeJob(), Begun.Condition(ConditionTypes.Restarting, "True", "SchedulingTimeout")),
            "again" => Scene.Of(MakeJob(), Begun.Condition(ConditionTypes.Restarting, "True", "WorkerFailed"))
                .WithPods(MakePod(1, 0).Running(), MakePod(1, 1).Waiting("ImagePullBackOff", "")),
            "suspended" => Scene.Of(MakeJob().Suspended()),
            _ => Scene.Of(MakeJob().With(j => j.Spec.RunPolicy.ActiveDeadlineSeconds = 5), MakeRunning(1, 2))
                .WithPods(MakeRunningGang(1, 2)),
        };
        var status = scene.Plan(10).Status!;
        Assert.Equal(words, $"{status.Phase} {status.Reason}");
    }
}
