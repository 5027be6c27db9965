using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Runtime;

/// <summary>Workers that take keys from the queue and hand the objects to the controller; what fails comes again, forever.</summary>
/// <param name="queue">Keys to look at.</param>
/// <param name="find">The object as the cache has it; null: it is gone.</param>
/// <param name="controller">Does the work.</param>
/// <param name="time">Clock of the metrics.</param>
/// <param name="metrics">Measures each reconcile.</param>
/// <param name="log">Says what failed.</param>
internal sealed class Controller<T>(
    WorkQueue<ObjectKey> queue, Func<ObjectKey, T?> find, IEntityController<T> controller, TimeProvider time, RuntimeMetrics metrics, ILogger log)
    where T : class
{
    private readonly ConcurrentDictionary<ObjectKey, T> reconciled = new();

    /// <summary>Runs until cancelled; returns when the last reconcile has ended.</summary>
    /// <param name="workers">Reconciles at a time, of different objects.</param>
    /// <param name="cancel">Stops the reconciles too.</param>
    public Task RunAsync(int workers, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(cancel), CancellationToken.None)));

    private async Task WorkAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            ObjectKey key;
            try
            {
                key = await queue.TakeAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                await ReconcileAsync(key, cancel);
            }
            finally
            {
                queue.Done(key);
            }
        }
    }

    private async Task ReconcileAsync(ObjectKey key, CancellationToken cancel)
    {
        var found = find(key);
        if ((found ?? reconciled.GetValueOrDefault(key)) is not { } entity)
        {
            queue.Forget(key);
            return;
        }

        var started = time.GetTimestamp();
        ReconciliationResult<T> result;
        try
        {
            if (found is null)
            {
                result = await controller.DeletedAsync(entity, cancel);
                reconciled.TryRemove(key, out _);
            }
            else
            {
                reconciled[key] = entity;
                result = await controller.ReconcileAsync(entity, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) // whatever one object does must not stop the others
        {
            result = ReconciliationResult<T>.Failure(entity, e.Message, e);
        }

        metrics.Reconciled(time.GetElapsedTime(started), result.IsSuccess);
        if (!result.IsSuccess)
        {
            var wait = queue.Retry(key);
            log.LogWarning(result.Error, "{Job}: reconcile failed, again in {Wait:0.0} s: {Message}", key, wait.TotalSeconds, result.ErrorMessage);
            return;
        }

        queue.Forget(key);
        if (result.RequeueAfter is { } after)
        {
            queue.AddAfter(key, after);
        }
    }
}
