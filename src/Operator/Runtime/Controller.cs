using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Runtime;

/// <summary>Workers that take names from the queue and reconcile them; what fails comes again, forever.</summary>
/// <param name="queue">Objects to look at.</param>
/// <param name="reconcile">Brings the cluster one step nearer to what an object asks for; an object that is gone is looked at too.</param>
/// <param name="time">Clock of the metrics.</param>
/// <param name="metrics">Measures each reconcile.</param>
/// <param name="log">Says what failed.</param>
internal sealed class Controller(
    WorkQueue<NamespacedName> queue, Func<NamespacedName, CancellationToken, Task<ReconcileResult>> reconcile, TimeProvider time,
    RuntimeMetrics metrics, ILogger log)
{
    /// <summary>Runs until cancelled; returns when the last reconcile has ended.</summary>
    /// <param name="workers">Reconciles at a time, of different objects.</param>
    /// <param name="cancel">Stops the reconciles too.</param>
    public Task RunAsync(int workers, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(cancel), CancellationToken.None)));

    private async Task WorkAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            NamespacedName name;
            try
            {
                name = await queue.TakeAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var started = time.GetTimestamp();
            try
            {
                var result = await reconcile(name, cancel);
                metrics.Reconciled(time.GetElapsedTime(started), success: true);
                queue.Forget(name);
                if (result.RequeueAfter is { } after)
                {
                    queue.AddAfter(name, after);
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // whatever one object does must not stop the others
            {
                metrics.Reconciled(time.GetElapsedTime(started), success: false);
                var wait = queue.Retry(name);
                log.LogWarning(IsOfTheServer(e) ? null : e, "{Object}: reconcile failed, again in {Wait:0.0} s: {Message}", name,
                    wait.TotalSeconds, e.Message);
            }
            finally
            {
                queue.Done(name);
            }
        }
    }

    /// <summary>The server's trouble, not ours: its message says enough, where the stack would say nothing.</summary>
    private static bool IsOfTheServer(Exception e) =>
        e is ApiException or HttpRequestException or IOException or TimeoutException or LeaseExpiredException;
}
