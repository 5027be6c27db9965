using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>
/// A cluster, an operator that can die and come back, and a clock, all in the test's hand. Every status that is written is held against the
/// one before: nothing that was counted is taken back, and an end is final.
/// </summary>
internal sealed class Simulation
{
    private readonly List<MhcTrainingJobStatus> _statuses = [];
    private JobExecutor _executor;
    private bool _changed = true;
    private DateTimeOffset? _nextLook;

    public Simulation(JobBuilder job)
    {
        Time = new FakeTimeProvider(Clock.Start);
        Local = new LocalCluster(Launcher, Time);
        Cluster = new WatchedCluster(Local);
        Local.Changed += _ => _changed = true;
        Local.StatusWritten += written => Note(written.Status!);
        Local.EventRecorded += happened => Events.Add(happened);
        Key = Local.Add(job.BuildManifest());
        _executor = NewExecutor();
    }

    public FakeTimeProvider Time { get; }

    public ScriptedLauncher Launcher { get; } = new();

    public LocalCluster Local { get; }

    public WatchedCluster Cluster { get; }

    public NamespacedName Key { get; }

    public List<ClusterEvent> Events { get; } = [];

    public List<string> Violations { get; } = [];

    public int Crashes { get; private set; }

    /// <summary>When the operator wants to look next; null: when something changes.</summary>
    public DateTimeOffset? NextLook => _nextLook;

    public MhcTrainingJobStatus Status => Local.FindJob(Key)!.Status ?? new MhcTrainingJobStatus();

    public IEnumerable<string> PodNames => Local.ListPods(Key).Select(p => p.Metadata.Name).Order(StringComparer.Ordinal);

    public bool Is(string condition) => Conditions.IsTrue(Status.Conditions, condition);

    /// <summary>One look; an operator that dies in it is replaced by one that knows nothing.</summary>
    public async Task ReconcileAsync()
    {
        _changed = false;
        try
        {
            var result = await _executor.ReconcileAsync(Key, CancellationToken.None);
            _nextLook = result.RequeueAfter is { } after ? Time.GetUtcNow() + after : null;
        }
        catch (CrashException)
        {
            Crashes++;
            _executor = NewExecutor();
            _changed = true;
        }
        catch (ApiException e) when (e.Status == System.Net.HttpStatusCode.Conflict)
        {
            _changed = true;
        }
    }

    /// <summary>Looks as long as something changes or is due now.</summary>
    public async Task SettleAsync()
    {
        for (var looks = 0; _changed || _nextLook <= Time.GetUtcNow(); looks++)
        {
            Assert.True(looks < 500, "the operator never comes to rest");
            await ReconcileAsync();
        }
    }

    /// <summary>Lets time pass, with a look whenever one is due.</summary>
    public async Task PassAsync(TimeSpan time)
    {
        var end = Time.GetUtcNow() + time;
        await SettleAsync();
        while (_nextLook is { } next && next < end)
        {
            Time.Advance(next - Time.GetUtcNow());
            await SettleAsync();
        }

        Time.Advance(end - Time.GetUtcNow());
        await SettleAsync();
    }

    private JobExecutor NewExecutor() => new(Cluster, new OperatorOptions(), Time);

    private void Note(MhcTrainingJobStatus status)
    {
        if (_statuses is [.., var last])
        {
            Check(status.Attempt >= last.Attempt, $"the attempt went from {last.Attempt} to {status.Attempt}");
            Check(status.Attempt <= last.Attempt + 1, $"the attempt jumped from {last.Attempt} to {status.Attempt}");
            Check(status.Restarts >= last.Restarts && status.Restarts <= last.Restarts + (status.Attempt - last.Attempt),
                $"restarts went from {last.Restarts} to {status.Restarts}");
            Check(status.Rollbacks.Count >= last.Rollbacks.Count, "a rollback was forgotten");
            Check(status.Rollbacks.Take(last.Rollbacks.Count).Select(r => r.Attempt).SequenceEqual(last.Rollbacks.Select(r => r.Attempt)),
                "a rollback was rewritten");
            foreach (var end in (string[])[ConditionTypes.Succeeded, ConditionTypes.Failed])
            {
                Check(!Conditions.IsTrue(last.Conditions, end) || Conditions.IsTrue(status.Conditions, end), $"{end} was taken back");
            }

            Check(
                !(Conditions.IsTrue(status.Conditions, ConditionTypes.Succeeded)
                    && Conditions.IsTrue(status.Conditions, ConditionTypes.Failed)), "both ends at once");
        }

        _statuses.Add(status);
    }

    private void Check(bool holds, string violation)
    {
        if (!holds)
        {
            Violations.Add(violation);
        }
    }
}
