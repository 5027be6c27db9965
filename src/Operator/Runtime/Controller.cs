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
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // whatever one object does must not stop the others
            {
                TryAgain(key, e.Message, e);
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
        var result = await LookAsync(key, entity, found is null, cancel);
        metrics.Reconciled(time.GetElapsedTime(started), result.IsSuccess);
        if (!result.IsSuccess)
        {
            TryAgain(key, result.ErrorMessage, result.Error);
            return;
        }

        if (found is null)
        {
            reconciled.TryRemove(key, out _);
        }

        queue.Forget(key);
        if (result.RequeueAfter is { } after)
        {
            queue.AddAfter(key, after);
        }
    }

    private async Task<ReconciliationResult<T>> LookAsync(ObjectKey key, T entity, bool isGone, CancellationToken cancel)
    {
        try
        {
            reconciled[key] = entity;
            return isGone ? await controller.DeletedAsync(entity, cancel) : await controller.ReconcileAsync(entity, cancel);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancel.IsCancellationRequested)
        {
            return ReconciliationResult<T>.Failure(entity, e.Message, e);
        }
    }

    private void TryAgain(ObjectKey key, string? reason, Exception? error)
    {
        var wait = queue.Retry(key);
        log.LogWarning(error, "{Job}: reconcile failed, again in {Wait:0.0} s: {Message}", key, wait.TotalSeconds, reason);
    }
}
