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

    private readonly FakeTimeProvider time = new(Clock.Start);
    private readonly ScriptedLauncher launcher = new();
    private readonly LocalCluster local;
    private readonly JobExecutor executor;
    private readonly NamespacedName[] jobs;
    private readonly HashSet<string> held = new(StringComparer.Ordinal);
    private int room = 2;

    public QuotaTests()
    {
        local = new LocalCluster(launcher, time);
        executor = new JobExecutor(new WatchedCluster(local) { Forbid = Judge }, new OperatorOptions(), time);
        jobs = [.. ((string[])["one", "two"]).Select(name => local.Add(OfThree(name).BuildManifest()))];
    }

    [Fact]
    public async Task Two_gangs_that_each_have_half_of_what_a_quota_allows_do_not_block_each_other()
    {
        await LookAsync(jobs[0]);
        room = 4;
        await LookAsync(jobs[1]);
        Assert.Equal((2, 2), (Pods(jobs[0]), Pods(jobs[1])));

        var first = await OneRunsAsync(jobs);
        Assert.All(jobs, job => Assert.Equal(0, local.FindJob(job)!.Status!.Restarts)); // nobody's failure
        launcher.Alive.Where(c => c.Pod.Metadata.Labels[Labels.Job] == first.Name).ToList().ForEach(c => c.Exit(0));
        await local.DeleteJobAsync(local.FindJob(first)!.Job!, TestContext.Current.CancellationToken);
        var second = jobs.Single(job => job != first);
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

            time.Advance(TimeSpan.FromSeconds(1));
            foreach (var job in jobs)
            {
                await LookAsync(job);
            }
        }

        throw new InvalidOperationException($"none runs: {string.Join("; ", jobs.Select(job => local.FindJob(job)?.Status?.Reason))}");
    }

    private async Task LookAsync(NamespacedName job)
    {
        lock (held)
        {
            held.Clear();
            held.UnionWith(jobs.SelectMany(local.ListPods).Select(pod => pod.Metadata.Name));
        }

        await executor.ReconcileAsync(job, TestContext.Current.CancellationToken);
    }

    private string? Judge(string write)
    {
        lock (held)
        {
            return !write.StartsWith("create Pod ", StringComparison.Ordinal) || (held.Count < room && held.Add(write["create Pod ".Length..])) ? null : Words;
        }
    }

    private static JobBuilder OfThree(string name) => MakeJob().Named(name).WithWorkers(3).With(j => j.Spec.Scheduling.TimeoutSeconds = 60);

    private bool Runs(NamespacedName job) => local.FindJob(job)!.Status is { } status && Conditions.IsTrue(status.Conditions, ConditionTypes.Running);

    private int Pods(NamespacedName job) => local.ListPods(job).Count;
}
