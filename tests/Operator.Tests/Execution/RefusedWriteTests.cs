using System.Collections.Concurrent;
using System.Net;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Execution;

/// <summary>Lives of jobs in which one write is refused once, by one error: the job says so, and comes to the same end.</summary>
public sealed class RefusedWriteTests
{
    private const string Words = "the server's own words";

    /// <summary>What the cluster does as a courtesy, and tells nobody of when it cannot.</summary>
    private static readonly string[] Courtesies = [nameof(ICluster.DumpThreadsAsync)];

    private static readonly ConcurrentDictionary<string, Task<Life>> Undisturbed = new(StringComparer.Ordinal);

    public static TheoryData<string, string, int> Faults { get; } =
    [
        .. from life in Lives.All
           from write in life.Value.Writes
           from code in (int[])[400, 403, 404, 409, 413, 422, 429, 500, 503, 0]
           select (life.Key, write, code),
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_write_that_is_refused_once_is_told_and_changes_nothing_of_the_end(string name, string write, int code)
    {
        var undisturbed = await Undisturbed.GetOrAdd(name, _ => LiveAsync(name, null, 0));
        var life = await LiveAsync(name, write, code);
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
    public async Task Every_kind_of_write_is_among_those_that_are_refused()
    {
        var writes = typeof(ICluster).GetMethods().Where(method => method.ReturnType == typeof(Task)).Select(method => method.Name)
            .Except(Courtesies, StringComparer.Ordinal);
        List<string> refused = [];
        foreach (var (begin, goOn, prefixes) in Lives.All.Values)
        {
            var simulation = begin();
            await goOn(simulation);
            var sent = simulation.Cluster.Methods.Where(
                method => Array.Exists(prefixes, prefix => method.Key.StartsWith(prefix, StringComparison.Ordinal)));
            refused.AddRange(sent.Select(method => method.Value));
        }

        Assert.Equal(writes.Order(StringComparer.Ordinal), refused.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_refused_for_ever_costs_a_try_now_and_then_and_one_warning()
    {
        var simulation = new Simulation(MakeJob());
        simulation.Cluster.Refuse =
            what => what.StartsWith("delete Pod", StringComparison.Ordinal) ? new ApiException(HttpStatusCode.Forbidden, Words) : null;
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        simulation.Local.Update(simulation.Key, spec => spec with { Suspend = true });
        var tries = 0;
        simulation.Cluster.Refuse =
            what => what.StartsWith("delete Pod", StringComparison.Ordinal) && ++tries > 0
            ? new ApiException(HttpStatusCode.Forbidden, Words) : null;
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
    public async Task That_an_event_is_taken_at_last_is_told_though_nothing_else_happens()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        var refused = 0;
        simulation.Cluster.Refuse =
            what => what == "event Suspended" && refused++ == 0 ? new ApiException(HttpStatusCode.BadRequest, Words) : null;
        simulation.Local.Update(simulation.Key, spec => spec with { Suspend = true });
        await simulation.SettleAsync();
        Assert.False(simulation.Is(ConditionTypes.Reconciled));
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Contains(simulation.Events, e => e.Reason == "Suspended");
        Assert.True(simulation.Is(ConditionTypes.Reconciled));
    }

    [Fact]
    public async Task What_comes_after_a_refused_write_is_done()
    {
        var simulation = new Simulation(MakeJob().WithBackoff(0, 0));
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        simulation.Cluster.Refuse =
            what => what.StartsWith("delete Pod demo-1-1", StringComparison.Ordinal) || what.StartsWith("event", StringComparison.Ordinal)
            ? new ApiException(HttpStatusCode.InternalServerError, Words) : null;
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
        simulation.Cluster.Refuse = what => what == "status" ? new ApiException(HttpStatusCode.RequestEntityTooLarge, Words) : null;
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
        Assert.Contains("0.125",
            simulation.Local.FindConfigMap("default", Operator.Planning.Gangs.GangNames.ConfigMap("demo"))!.Data.Values.Single(),
            StringComparison.Ordinal);
    }

    private static async Task<Life> LiveAsync(string name, string? write, int code)
    {
        var (begin, goOn, _) = Lives.All[name];
        var simulation = begin();
        var (wasRefused, wasTold) = (false, false);
        MhcTrainingJobStatus? last = null;
        simulation.Cluster.Refuse = what =>
        {
            if (write is null || wasRefused || !what.StartsWith(write, StringComparison.Ordinal))
            {
                return null;
            }

            wasRefused = true;
            return code == 0 ? new HttpRequestException(Words) : new ApiException((HttpStatusCode)code, Words);
        };
        simulation.Local.StatusWritten += job =>
        {
            last = job.Status;
            wasTold |= job.Status!.Conditions.Any(c => c.Status == "False" && c.Message.Contains(Words, StringComparison.Ordinal));
        };

        await goOn(simulation);
        string[] told = [Operator.Planning.Inputs.Reasons.WriteRefused, Operator.Planning.Inputs.Reasons.NotAllowed,
            Operator.Planning.Inputs.Reasons.Rejected];
        return new Life(
            wasRefused,
            wasTold,
            (last!.Phase, last.Attempt, last.Restarts, last.Rollbacks.Count, string.Join(' ', simulation.PodNames)),
            string.Join(' ', simulation.Events.Select(e => e.Reason).Except(told, StringComparer.Ordinal).Order(StringComparer.Ordinal)),
            [.. simulation.Violations, .. simulation.Launcher.Violations]);
    }

    private sealed record Life(
        bool WasRefused, bool WasTold, (string? Phase, int Attempt, int Restarts, int Rollbacks, string Pods) End, string Events,
        IReadOnlyList<string> Violations);
}
