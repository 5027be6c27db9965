using System.Net;
using System.Text.Json;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Keeps a store, or the part of it that is in one namespace, equal to the server: lists, then watches from the list's version, and lists
/// again when the server has forgotten that version (410, as an answer or inside the stream).
/// </summary>
/// <param name="client">Reads the objects.</param>
/// <param name="store">Is kept up to date.</param>
/// <param name="scope">Which objects.</param>
/// <param name="time">Clock of the waits.</param>
/// <param name="metrics">Counts new starts.</param>
/// <param name="log">Says what went wrong.</param>
internal sealed class Reflector<T>(ResourceClient<T> client, Store<T> store, WatchScope scope, TimeProvider time, RuntimeMetrics metrics,
    ILogger log)
    where T : class, IMetadata<V1ObjectMeta>
{
    /// <summary>A watch that lived this long, or brought news, was a good one: the next failure is a new one.</summary>
    private static readonly TimeSpan GoodWatch = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromMinutes(5);

    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RetryDelay _backoff = new(TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(15), Random.Shared);
    private volatile string _version = "";

    /// <summary>Raised after the store has changed, with the object as it is now or was last.</summary>
    public event Action<T>? Changed;

    /// <summary>Done when the store was complete for the first time.</summary>
    public Task Synced => _synced.Task;

    /// <summary>The namespace that it watches; null: all of them.</summary>
    public string? Namespace => scope.Namespace;

    /// <summary>Whether the store shows every change in its namespace up to a version.</summary>
    public bool HasSeen(string? other) => !ResourceVersions.IsOlder(_version, other);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        var listed = false;
        while (!cancel.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            try
            {
                if (!listed)
                {
                    await ListAsync(cancel);
                    listed = true;
                    _synced.TrySetResult();
                }

                var broughtNews = await WatchAsync(cancel);
                if (broughtNews || time.GetElapsedTime(started) >= GoodWatch)
                {
                    _backoff.Reset();
                    // the server ends every watch now and then, one with much to tell after seconds: go on at once from the last version
                    continue;
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (ApiException e) when (e.Status == HttpStatusCode.Gone)
            {
                log.LogInformation("{Resource}: version {Version} is too old for the server, listing again", client.Type.Plural, _version);
                listed = false;
                metrics.WatchRestarted(client.Type.Plural, "expired");
                if (time.GetElapsedTime(started) >= GoodWatch)
                {
                    _backoff.Reset();
                    continue;
                }
            }
            catch (Exception e) // whatever it is, a cache that stops is worse
            {
                metrics.WatchRestarted(client.Type.Plural, "failed");
                if (time.GetElapsedTime(started) >= GoodWatch)
                {
                    _backoff.Reset();
                }

                var isExpected = e is HttpRequestException or IOException or ApiException or JsonException or TimeoutException
                    or OperationCanceledException;
                log.LogWarning(isExpected ? null : e, "{Resource}: watch broken, trying again: {Reason}", client.Type.Plural, Reason(e));
            }

            await Task.Delay(_backoff.Next(), time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ListAsync(CancellationToken cancel)
    {
        var all = new List<T>();
        ListPage<T>? page = null;
        do
        {
            page = await client.ListAsync(scope.Namespace, scope.Selector, page?.Continue, cancel);
            all.AddRange(page.Items);
        }
        while (page.Continue is not null);

        var gone = store.Replace(all, scope.Namespace);
        var changed = all.Where(store.Set).ToList();
        _version = page.Version;
        foreach (var item in gone.Concat(changed))
        {
            Changed?.Invoke(item);
        }
    }

    /// <returns>Whether anything came before the server ended it.</returns>
    private async Task<bool> WatchAsync(CancellationToken cancel)
    {
        var broughtNews = false;
        var length = ShortestWatch * (1 + Random.Shared.NextDouble()); // so that not all watches of all operators end together
        // a half-open connection never ends by itself
        using var guard = new CancellationTokenSource(length + TimeSpan.FromSeconds(30), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(guard.Token, cancel);
        await foreach (var happened in client.WatchAsync(scope.Namespace, scope.Selector, _version, length, either.Token))
        {
            broughtNews = true;
            var isNews = happened.Item is { } item && (happened.Kind == WatchEventKind.Deleted ? store.Delete(item) : store.Set(item));
            if (!HasSeen(happened.Version))
            {
                _version = happened.Version;
            }

            if (isNews)
            {
                Changed?.Invoke(happened.Item!);
            }
        }

        return broughtNews;
    }

    /// <summary>A quiet watch that ends says only that the answer was cut: the exception inside knows more.</summary>
    private static string Reason(Exception e) =>
        e.InnerException is { } inner and not JsonException ? $"{e.Message} ({inner.Message})" : e.Message;
}
