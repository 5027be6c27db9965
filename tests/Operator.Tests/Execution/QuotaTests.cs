using MhcOperator.Api;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Building;
using Microsoft.Extensions.Time.Testing;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Execution;

/// <summary>A namespace with room for four pods, and two jobs of three.</summary>
public sealed class QuotaTests
{
    private const string Words = "exceeded quota: four-pods";

    private readonly FakeTimeProvider _time = new(Clock.Start);
    private readonly ScriptedLauncher _launcher = new();
    private readonly LocalCluster _local;
    private readonly JobExecutor _executor;
    private readonly NamespacedName[] _jobs;
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);
    private int _room = 2;

    public QuotaTests()
    {
        _local = new LocalCluster(_launcher, _time);
        _executor = new JobExecutor(new WatchedCluster(_local) { Forbid = Judge }, new OperatorOptions(), _time);
        _jobs = [.. ((string[])["one", "two"]).Select(name => _local.Add(OfThree(name).BuildManifest()))];
    }

    [Fact]
    public async Task Two_gangs_that_each_have_half_of_what_a_quota_allows_do_not_block_each_other()
    {
        await LookAsync(_jobs[0]);
        _room = 4;
        await LookAsync(_jobs[1]);
        Assert.Equal((2, 2), (Pods(_jobs[0]), Pods(_jobs[1])));

        var first = await OneRunsAsync(_jobs);
        Assert.All(_jobs, job => Assert.Equal(0, _local.FindJob(job)!.Status!.Restarts)); // nobody's failure
        _launcher.Alive.Where(c => c.Pod.Metadata.Labels[Labels.Job] == first.Name).ToList().ForEach(c => c.Exit(0));
        await _local.DeleteJobAsync(_local.FindJob(first)!.Job!, TestContext.Current.CancellationToken);
        var second = _jobs.Single(job => job != first);
        Assert.Equal(second, await OneRunsAsync(second));
    }

    private async Task<NamespacedName> OneRunsAsync(params NamespacedName[] among)
    {
        for (var seconds = 0; seconds < 1800; seconds++)
        {
            if (among.FirstOrDefault(Runs) is { Name: not null } running)
            {
                Assert.Equal(3, Pods(running));
                return running;
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            foreach (var job in _jobs)
            {
                await LookAsync(job);
            }
        }

        throw new InvalidOperationException($"none runs: {string.Join("; ", _jobs.Select(job => _local.FindJob(job)?.Status?.Reason))}");
    }

    private async Task LookAsync(NamespacedName job)
    {
        lock (_held)
        {
            _held.Clear();
            _held.UnionWith(_jobs.SelectMany(_local.ListPods).Select(pod => pod.Metadata.Name));
        }

        await _executor.ReconcileAsync(job, TestContext.Current.CancellationToken);
    }

    private string? Judge(string write)
    {
        lock (_held)
        {
            return !write.StartsWith("create Pod ", StringComparison.Ordinal)
                || (_held.Count < _room && _held.Add(write["create Pod ".Length..])) ? null : Words;
        }
    }

    private static JobBuilder OfThree(string name) => MakeJob().Named(name).WithWorkers(3).With(j => j.Spec.Scheduling.TimeoutSeconds = 60);

    private bool Runs(NamespacedName job) =>
        _local.FindJob(job)!.Status is { } status && Conditions.IsTrue(status.Conditions, ConditionTypes.Running);

    private int Pods(NamespacedName job) => _local.ListPods(job).Count;
}
