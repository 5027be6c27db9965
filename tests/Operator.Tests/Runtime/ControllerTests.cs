using System.Collections.Concurrent;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class ControllerTests
{
    private readonly PauseWatchingTime _time = new();

    [Fact]
    public async Task A_job_that_fails_again_and_again_is_never_dropped_and_does_not_stop_others()
    {
        var seen = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var reconcile = Reconcile(name =>
        {
            var times = seen.AddOrUpdate(name, 1, (_, n) => n + 1);
            return name == "bad" && times < 12 ? throw new InvalidOperationException("bad") : null;
        });
        await RunAsync(reconcile, async queue =>
        {
            queue.Add(new NamespacedName("ns", "bad"));
            queue.Add(new NamespacedName("ns", "good"));
            await Eventually.HappensAsync(() => seen.ContainsKey("good"), "the good one runs");
            for (var i = 1; i < 12; i++)
            {
                await Eventually.HappensAsync(() => seen.GetValueOrDefault("bad") == i, $"try {i}");
                await PassUntilAsync(() => seen["bad"] > i);
            }
        });
        Assert.Equal(12, seen["bad"]);
    }

    [Fact]
    public async Task A_job_that_asks_to_be_looked_at_again_is()
    {
        var looks = 0;
        var reconcile = Reconcile(_ => Interlocked.Increment(ref looks) < 3 ? TimeSpan.FromSeconds(5) : null);
        await RunAsync(reconcile, async queue =>
        {
            queue.Add(new NamespacedName("ns", "job"));
            await PassUntilAsync(() => Volatile.Read(ref looks) == 3);
        });
        Assert.Equal(3, looks);
    }

    private async Task RunAsync(Func<NamespacedName, CancellationToken, Task<ReconcileResult>> reconcile,
        Func<WorkQueue<NamespacedName>, Task> test)
    {
        using var queue = new WorkQueue<NamespacedName>(_time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), ScriptedServer.Metrics());
        using var stop = new CancellationTokenSource();
        var workers = new Controller(queue, reconcile, _time, ScriptedServer.Metrics(), NullLogger.Instance);
        var running = workers.RunAsync(1, stop.Token);
        await test(queue);
        await stop.CancelAsync();
        await running;
    }

    private static Func<NamespacedName, CancellationToken, Task<ReconcileResult>> Reconcile(Func<string, TimeSpan?> reconcile) =>
        (job, _) => Task.FromResult(new ReconcileResult(reconcile(job.Name)));

    private Task PassUntilAsync(Func<bool> condition) =>
        Eventually.HappensAsync(() => condition() || (_time.TryPass(TimeSpan.FromSeconds(30)) && condition()), "the job comes again");
}
