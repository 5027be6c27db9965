using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MhcOperator.Operator.Hosting;

/// <summary>
/// Runs one small job through all of the operator, on a server in memory, before it acts: the runtime compiles code when
/// it runs for the first time, and without this the first job of a process, or of a standby that has just taken over,
/// would wait for that.
/// </summary>
internal static class Rehearsal
{
    private const string Namespace = "rehearsal";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Returns when the job runs, or when that takes too long: it is no condition for anything.</summary>
    /// <param name="settings">Command line.</param>
    /// <param name="time">Clock.</param>
    /// <param name="log">Hears of a rehearsal that did not come to its end.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>Whether the job ran.</returns>
    public static async Task<bool> RunAsync(OperatorSettings settings, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        var started = time.GetTimestamp();
        var registry = Prometheus.Metrics.NewCustomRegistry(); // what is rehearsed is not counted
        var metrics = new RuntimeMetrics(registry);
        using var server = new RehearsalServer(Namespace);
        using var client = new HttpClient(server, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        using var limit = new CancellationTokenSource(Limit, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        var connection = new ApiConnection(client, RehearsalServer.Address, null, time, metrics);
        var term = new OperatorTerm(connection, settings with { Namespaces = [Namespace], Workers = 1 }, "rehearsal", metrics,
            new OperatorMetrics(registry), new JobMetrics(), time, NullLogger.Instance);
        var running = term.RunAsync(_ => { }, ended.Token);
        await Task.WhenAny(server.JobRuns, running);
        await ended.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var elapsed = time.GetElapsedTime(started);
        if (server.JobRuns.IsCompleted)
        {
            log.LogDebug("rehearsed in {Elapsed:0} ms", elapsed.TotalMilliseconds);
        }
        else if (!cancel.IsCancellationRequested)
        {
            log.LogWarning(running.Exception?.InnerException,
                "the rehearsal did not come to its end in {Elapsed:0.0} s; the first job will take longer", elapsed.TotalSeconds);
        }

        return server.JobRuns.IsCompleted;
    }
}
