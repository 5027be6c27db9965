using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using Microsoft.Extensions.Time.Testing;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;

namespace MhcOperator.Operator.Tests.Execution;

public sealed class WarningQuestionsTests
{
    private readonly FakeTimeProvider _time = new(Clock.Start);
    private readonly WatchedCluster _cluster;
    private readonly WarningMemory _memory = new();
    private readonly WarningQuestions _questions;

    public WarningQuestionsTests()
    {
        _cluster = new WatchedCluster(new LocalCluster(new ScriptedLauncher(), _time));
        _questions = new WarningQuestions(_cluster, new OperatorOptions(), _time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_is_asked_about_pods_that_start_at_once_that_have_no_node_or_that_run()
    {
        Assert.Equal(TimeSpan.FromSeconds(5), await AskAsync(MakePod(1, 0).PlacedAt(Clock.Start), MakePod(1, 1).Running()));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(await AskAsync(MakePod(1, 0).Running(), MakePod(1, 1)));
        Assert.Empty(_cluster.AskedForWarnings);
    }

    [Fact]
    public async Task A_pod_that_does_not_run_is_asked_about_less_and_less_often_and_the_answer_is_kept_until_it_does()
    {
        _cluster.Warning = _ => new ClusterEvent(IsWarning: true, "FailedMount", "not found");
        var waits = new List<double>();
        for (var question = 0; question < 7; question++)
        {
            _time.Advance(TimeSpan.FromSeconds(waits.LastOrDefault(5)));
            waits.Add((await AskAsync(MakePod(1, 0).PlacedAt(Clock.Start)))!.Value.TotalSeconds);
        }

        Assert.Equal([5, 10, 20, 40, 80, 80, 80], waits);
        Assert.Equal("not found", _memory.Warnings["uid-demo-1-0"].Message);
        var known = _memory.Warnings;
        _cluster.Warning = _ => null;
        _time.Advance(TimeSpan.FromSeconds(80));
        await AskAsync(MakePod(1, 0).PlacedAt(Clock.Start));
        Assert.Same(known, _memory.Warnings);
        await AskAsync(MakePod(1, 0).Running());
        Assert.Empty(_memory.Warnings);
    }

    [Fact]
    public async Task Of_a_large_gang_all_are_asked_about_in_turn()
    {
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(100));
            await AskAsync([.. MakePods(1, 10).Select(p => p.PlacedAt(Clock.Start))]);
        }

        Assert.Equal(10, _cluster.AskedForWarnings.Distinct().Count());
        Assert.Equal(12, _cluster.AskedForWarnings.Count);
    }

    private Task<TimeSpan?> AskAsync(params PodBuilder[] pods) => _questions.AskAsync(
        new Observed
        {
            Manifest = MakeJob().WithWorkers(Math.Max(2, pods.Length)).BuildManifest(),
            Pods = [.. pods.Select(p => p.Build())]
        }, _memory, Cancel);
}
