using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using Microsoft.Extensions.Time.Testing;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Execution;

/// <summary>A gang of three.</summary>
public sealed class WorkerQuestionsTests
{
    private static readonly WorkerReport Ended = new() { Attempt = 1, ExitCode = 75 };

    private readonly FakeTimeProvider _time = new(Clock.Start);
    private readonly WatchedCluster _cluster;
    private readonly WorkerQuestions _questions;
    private readonly WorkerMemory _memory = new();

    public WorkerQuestionsTests()
    {
        _cluster = new WatchedCluster(new LocalCluster(new ScriptedLauncher(), _time));
        _questions = new WorkerQuestions(_cluster, new OperatorOptions(), _time);
    }

    [Fact]
    public async Task Of_a_gang_that_trains_nobody_is_asked()
    {
        Assert.Null(await AskAsync(MakeRunning(1, 3), Ready(0), Ready(1), Ready(2)));
        Assert.Empty(_cluster.Asked);
    }

    [Fact]
    public async Task A_pod_that_is_not_ready_any_more_is_asked_and_when_its_process_has_ended_its_peers_are_too()
    {
        _cluster.Workers = pod => pod.Metadata.Name == "demo-1-1" ? [Ended] : [new WorkerReport { Attempt = 1 }];

        Assert.Equal(TimeSpan.FromSeconds(0.5), await AskAsync(MakeRunning(1, 3), Ready(0), NotReady(1), Ready(2)));
        Assert.Equal(["demo-1-1"], _cluster.Asked);
        Assert.Equal(75, _memory.Reports["uid-demo-1-1"][0].ExitCode);
        Assert.Equal(TimeSpan.FromSeconds(0.5), await AskAsync(MakeRunning(1, 3), Ready(0), NotReady(1), Ready(2)));
        Assert.Single(_cluster.Asked); // not before its time
        _time.Advance(TimeSpan.FromSeconds(0.5));
        await AskAsync(MakeRunning(1, 3), Ready(0), NotReady(1), Ready(2));

        Assert.Equal(["demo-1-0", "demo-1-1", "demo-1-2"], _cluster.Asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task While_a_restart_in_place_is_not_over_those_are_asked_that_have_not_begun()
    {
        var status = MakeRunning(2, 3).InPlace(podsAttempt: 1, pending: true);
        _cluster.Workers = pod => [pod.Metadata.Name == "demo-1-0" ? new WorkerReport { Attempt = 2 } : Ended];

        await AskAsync(status, Ready(0), Ready(1), Ready(2));
        _time.Advance(TimeSpan.FromSeconds(1));
        await AskAsync(status, Ready(0), Ready(1), Ready(2));

        Assert.Equal(["demo-1-0", "demo-1-1", "demo-1-1", "demo-1-2", "demo-1-2"], _cluster.Asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task One_that_never_answers_is_asked_less_and_less_often()
    {
        TimeSpan? wait = null;
        for (var i = 0; i < 40; i++)
        {
            wait = await AskAsync(MakeRunning(1, 3), Ready(0), NotReady(1), Ready(2));
            _time.Advance(wait!.Value);
        }

        Assert.Equal(new OperatorOptions().PollInterval, wait);
    }

    public static TheoryData<string> Reasons =>
        ["not supervised", "does not run yet", "is to go", "the gang does not run", "the job is suspended", "the job is over",
            "strategy Recreate"];

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Nobody_is_asked_where(string why)
    {
        var pod = why switch
        {
            "not supervised" => MakePod(1, 1).Running().With(p => p.Status.Conditions = []),
            "does not run yet" => NotReady(1).With(p => p.Status.Phase = "Pending"),
            "is to go" => NotReady(1).Deleting(Clock.After(60)),
            _ => NotReady(1),
        };
        var status = why switch
        {
            "the gang does not run" => MakeRunning(1, 3).Condition(ConditionTypes.Running, "False", "Starting"),
            "the job is over" => MakeRunning(1, 3).Condition(ConditionTypes.Failed, "True", "WorkerFailed"),
            _ => MakeRunning(1, 3),
        };
        var job = MakeJob().WithWorkers(3)
            .With(
                j => (j.Spec.Suspend, j.Spec.RunPolicy.RestartStrategy) = (why == "the job is suspended",
                    why == "strategy Recreate" ? RestartStrategy.Recreate : RestartStrategy.Automatic));

        Assert.Null(await AskAsync(job, status, Ready(0), pod, Ready(2)));
        Assert.Empty(_cluster.Asked);
    }

    [Fact]
    public async Task What_pods_said_that_are_gone_is_forgotten()
    {
        _cluster.Workers = _ => [Ended];
        await AskAsync(MakeRunning(1, 3), NotReady(0), NotReady(1), NotReady(2));
        _time.Advance(TimeSpan.FromSeconds(1));
        _cluster.Workers = _ => [Ended with { Attempt = 2 }];
        await AskAsync(MakeRunning(2, 3).InPlace(1, pending: true), NotReady(0), NotReady(1));

        Assert.Equal(["uid-demo-1-0", "uid-demo-1-1"], _memory.Reports.Keys.Order(StringComparer.Ordinal));
    }

    private static PodBuilder Ready(int worker) => MakePod(1, worker).Supervised();

    private static PodBuilder NotReady(int worker) => MakePod(1, worker).Supervised(ready: false);

    private Task<TimeSpan?> AskAsync(StatusBuilder status, params PodBuilder[] pods) => AskAsync(MakeJob().WithWorkers(3), status, pods);

    private Task<TimeSpan?> AskAsync(JobBuilder job, StatusBuilder status, params PodBuilder[] pods) =>
        _questions.AskAsync(new Observed { Manifest = job.BuildManifest(status.Build()), Pods = [.. pods.Select(p => p.Build())] }, _memory,
            TestContext.Current.CancellationToken);
}
