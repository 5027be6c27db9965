using System.Net;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Execution;

/// <summary>
/// A job's life from its start over a rollback, a suspension and a change to its deletion, in which one write is refused once, by one error: the job
/// says so, and comes to the same end.
/// </summary>
public sealed class RefusedWriteTests
{
    private const string Words = "the server's own words";

    /// <summary>A beginning of what the cluster is asked to do.</summary>
    private static readonly string[] Writes =
    [
        "create Service demo", "create ConfigMap demo", "create PersistentVolumeClaim demo", "create Pod demo-1-0", "create Pod demo-2-1", "apply ConfigMap demo", "delete Pod demo-1-1",
        "status", "event GangRunning", "event Succeeded", "suspend", "delete job",
    ];

    public static TheoryData<string, int> Faults { get; } = [.. Writes.SelectMany(write => ((int[])[400, 403, 404, 409, 413, 422, 429, 500, 503, 0]).Select(code => (write, code)))];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_write_that_is_refused_once_is_told_and_changes_nothing_of_the_end(string write, int code)
    {
        var undisturbed = await LiveAsync(null, 0);
        var life = await LiveAsync(write, code);
        Assert.True(life.WasRefused, "nothing was refused");
        Assert.Equal(undisturbed.End, life.End);
        Assert.Equal(undisturbed.Events, life.Events);
        Assert.Empty(life.Violations);

        // A conflict of what is compared with the stored job says that the job has changed: it is read anew at once, which is no trouble.
        if (code != 409 || write is not ("status" or "suspend"))
        {
            Assert.True(life.WasTold, $"no condition says that {write} was refused");
        }
    }

    [Fact]
    public async Task What_is_refused_for_ever_costs_a_try_now_and_then_and_one_warning()
    {
        var simulation = new Simulation(MakeJob());
        simulation.Cluster.Refuse = what => what.StartsWith("delete Pod", StringComparison.Ordinal) ? new ClusterException(HttpStatusCode.Forbidden, Words) : null;
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        simulation.Local.Update(simulation.Key, spec => spec with { Suspend = true });
        var tries = 0;
        simulation.Cluster.Refuse = what => what.StartsWith("delete Pod", StringComparison.Ordinal) && ++tries > 0 ? new ClusterException(HttpStatusCode.Forbidden, Words) : null;
        await simulation.PassAsync(TimeSpan.FromMinutes(10));
        Assert.InRange(tries, 20, 60); // of two pods
        Assert.Single(simulation.Events, e => e.Message.Contains(Words, StringComparison.Ordinal));
        var told = simulation.Status.Conditions.Single(c => c.Type == ConditionTypes.Reconciled);
        Assert.Equal(("False", "WriteRefused"), (told.Status, told.Reason));

        simulation.Cluster.Refuse = _ => null;
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.True(simulation.Is(ConditionTypes.Reconciled));
        Assert.Empty(simulation.PodNames);
    }

    [Fact]
    public async Task What_comes_after_a_refused_write_is_done()
    {
        var simulation = new Simulation(MakeJob().WithBackoff(0, 0));
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        simulation.Cluster.Refuse = what => what.StartsWith("delete Pod demo-1-1", StringComparison.Ordinal) || what.StartsWith("event", StringComparison.Ordinal) ? new ClusterException(HttpStatusCode.InternalServerError, Words) : null;
        simulation.Local.Update(simulation.Key, spec => spec with { Suspend = true });
        await simulation.ReconcileAsync();
        Assert.Contains(simulation.Cluster.Writes, w => w == "delete Pod demo-1-0");

        simulation.Cluster.Refuse = _ => null;
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(simulation.PodNames);
        Assert.Contains(simulation.Events, e => e.Reason == "Suspended");
    }

    [Fact]
    public async Task A_status_that_is_refused_is_told_by_an_event_and_nothing_of_its_decision_is_done_before()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        simulation.Cluster.Refuse = what => what == "status" ? new ClusterException(HttpStatusCode.RequestEntityTooLarge, Words) : null;
        simulation.Launcher.Alive[0].Exit(137);
        await simulation.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Single(simulation.Events, e => e.Reason == "WriteRefused" && e.Message.Contains(Words, StringComparison.Ordinal));
        Assert.DoesNotContain(simulation.Cluster.Writes, w => w.StartsWith("create Pod demo-2", StringComparison.Ordinal));

        simulation.Cluster.Refuse = _ => null;
        await simulation.PassAsync(TimeSpan.FromMinutes(2));
        Assert.Equal((2, 1), (simulation.Status.Attempt, simulation.Status.Restarts));
        Assert.True(simulation.Is(ConditionTypes.Reconciled));
    }

    [Fact]
    public async Task Our_own_configuration_that_was_made_immutable_is_made_anew()
    {
        var simulation = new Simulation(MakeJob().WithBackoff(0, 0));
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        simulation.Local.FindConfigMap("default", Operator.Planning.Gangs.GangNames.ConfigMap("demo"))!.Immutable = true;
        simulation.Local.Update(simulation.Key, spec => spec with { Optimization = spec.Optimization with { PeakLearningRate = 0.125 } });
        simulation.Launcher.Alive[0].Exit(137);
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Contains(simulation.Cluster.Writes, w => w.StartsWith("delete ConfigMap demo", StringComparison.Ordinal));
        Assert.True(simulation.Is(ConditionTypes.Running));
        Assert.Equal(2, simulation.Status.Attempt);
        Assert.Contains("0.125", simulation.Local.FindConfigMap("default", Operator.Planning.Gangs.GangNames.ConfigMap("demo"))!.Data.Values.Single(), StringComparison.Ordinal);
    }

    private static async Task<Life> LiveAsync(string? write, int code)
    {
        var simulation = new Simulation(MakeJob().WithBackoff(0, 0).WithResponse(StabilityResponse.Suspend).With(j => j.Spec.RunPolicy.TtlSecondsAfterFinished = 300));
        var (wasRefused, wasTold) = (false, false);
        MhcTrainingJobStatus? last = null;
        simulation.Cluster.Refuse = what =>
        {
            if (write is null || wasRefused || !what.StartsWith(write, StringComparison.Ordinal))
            {
                return null;
            }

            wasRefused = true;
            return code == 0 ? new HttpRequestException(Words) : new ClusterException((HttpStatusCode)code, Words);
        };
        simulation.Local.StatusWritten += job =>
        {
            last = job.Status;
            wasTold |= job.Status!.Conditions.Any(c => c.Status == "False" && c.Message.Contains(Words, StringComparison.Ordinal));
        };

        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        simulation.Launcher.Alive[0].Exit(86, Verdicts.LossSpike(restore: 100));
        await simulation.PassAsync(TimeSpan.FromMinutes(2));
        simulation.Local.Update(simulation.Key, spec => spec with { Suspend = false, Optimization = spec.Optimization with { PeakLearningRate = 0.125 } });
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        simulation.Launcher.Alive.ToList().ForEach(c => c.Exit(0));
        await simulation.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Null(simulation.Local.FindJob(simulation.Key));
        string[] told = [Operator.Planning.Reasons.WriteRefused, Operator.Planning.Reasons.NotAllowed, Operator.Planning.Reasons.Rejected];
        return new Life(
            wasRefused,
            wasTold,
            (last!.Phase, last.Attempt, last.Restarts, last.Rollbacks.Count, simulation.PodNames.Count()),
            string.Join(' ', simulation.Events.Select(e => e.Reason).Except(told, StringComparer.Ordinal).Order(StringComparer.Ordinal)),
            [.. simulation.Violations, .. simulation.Launcher.Violations]);
    }

    private sealed record Life(bool WasRefused, bool WasTold, (string? Phase, int Attempt, int Restarts, int Rollbacks, int Pods) End, string Events, IReadOnlyList<string> Violations);
}
