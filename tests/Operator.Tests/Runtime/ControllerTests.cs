using System.Collections.Concurrent;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class ControllerTests
{
    private readonly PauseWatchingTime time = new();
    private volatile string gone = "gone";

    [Fact]
    public async Task A_job_that_fails_again_and_again_is_never_dropped_and_does_not_stop_others()
    {
        var seen = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var controller = new Recording(name =>
        {
            var times = seen.AddOrUpdate(name, 1, (_, n) => n + 1);
            return name == "bad" && times < 12 ? throw new InvalidOperationException("bad") : null;
        });
        await RunAsync(controller, async queue =>
        {
            queue.Add(new ObjectKey("ns", "bad"));
            queue.Add(new ObjectKey("ns", "good"));
            await Eventually.HoldsAsync(() => seen.ContainsKey("good"), "the good one runs");
            for (var i = 1; i < 12; i++)
            {
                await Eventually.HoldsAsync(() => seen.GetValueOrDefault("bad") == i, $"try {i}");
                await PassUntilAsync(() => seen["bad"] > i);
            }
        });
        Assert.Equal(12, seen["bad"]);
    }

    [Fact]
    public async Task A_job_that_asks_to_be_looked_at_again_is()
    {
        var looks = 0;
        var controller = new Recording(_ => Interlocked.Increment(ref looks) < 3 ? TimeSpan.FromSeconds(5) : null);
        await RunAsync(controller, async queue =>
        {
            queue.Add(new ObjectKey("ns", "job"));
            await PassUntilAsync(() => Volatile.Read(ref looks) == 3);
        });
        Assert.Equal(3, looks);
    }

    [Fact]
    public async Task A_job_that_is_gone_and_was_never_seen_is_not_reconciled()
    {
        var seen = new ConcurrentBag<string>();
        var controller = new Recording(name =>
        {
            seen.Add(name);
            return null;
        });
        await RunAsync(controller, async queue =>
        {
            queue.Add(new ObjectKey("ns", "gone"));
            queue.Add(new ObjectKey("ns", "here"));
            await Eventually.HoldsAsync(() => !seen.IsEmpty, "the one that is here runs");
        });
        Assert.Equal(["here"], seen);
    }

    [Fact]
    public async Task A_job_that_goes_after_it_was_reconciled_is_told_of_once()
    {
        var seen = new ConcurrentQueue<string>();
        var controller = new Recording(name =>
        {
            seen.Enqueue(name);
            return null;
        });
        await RunAsync(controller, async queue =>
        {
            queue.Add(new ObjectKey("ns", "job"));
            await Eventually.HoldsAsync(() => seen.Count == 1, "it is reconciled");
            gone = "job";
            queue.Add(new ObjectKey("ns", "job"));
            await Eventually.HoldsAsync(() => seen.Count == 2, "it is told of");
            queue.Add(new ObjectKey("ns", "job"));
            queue.Add(new ObjectKey("ns", "other"));
            await Eventually.HoldsAsync(() => seen.Contains("other"), "the other one runs");
        });
        Assert.Equal(["job", "deleted job", "other"], seen);
    }

    private async Task RunAsync(Recording controller, Func<WorkQueue<ObjectKey>, Task> test)
    {
        using var queue = new WorkQueue<ObjectKey>(time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), ScriptedServer.Metrics());
        using var stop = new CancellationTokenSource();
        var workers = new Controller<string>(queue, key => key.Name == gone ? null : key.Name, controller, time, ScriptedServer.Metrics(), NullLogger.Instance);
        var running = workers.RunAsync(1, stop.Token);
        await test(queue);
        await stop.CancelAsync();
        await running;
    }

    private Task PassUntilAsync(Func<bool> condition) => Eventually.HoldsAsync(() => condition() || (time.TryPass(TimeSpan.FromSeconds(30)) && condition()), "the job comes again");

    private sealed class Recording(Func<string, TimeSpan?> reconcile) : IEntityController<string>
    {
        public Task<ReconciliationResult<string>> ReconcileAsync(string entity, CancellationToken cancellationToken) =>
            Task.FromResult(ReconciliationResult<string>.Success(entity, reconcile(entity)));

        public Task<ReconciliationResult<string>> DeletedAsync(string entity, CancellationToken cancellationToken) =>
            ReconcileAsync("deleted " + entity, cancellationToken);
    }
}
