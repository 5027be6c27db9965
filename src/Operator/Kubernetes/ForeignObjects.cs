using k8s.Models;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// Objects that stand where ours should be and do not carry our label, so that no watch shows them. They become known
/// when a creation is refused, and are looked at again now and then until they are gone.
/// </summary>
internal sealed class ForeignObjects(TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Kind, NamespacedName Key), (NamespacedName Job, IMetadata<V1ObjectMeta> Item)> _known = [];

    public T? Find<T>(string kind, NamespacedName key)
        where T : class
    {
        lock (_gate)
        {
            return _known.TryGetValue((kind, key), out var entry) ? entry.Item as T : null;
        }
    }

    /// <summary>Remembers an object that stands in the job's way.</summary>
    public void Add(NamespacedName job, string kind, IMetadata<V1ObjectMeta> item)
    {
        lock (_gate)
        {
            _known[(kind, NamespacedName.Of(item))] = (job, item);
        }
    }

    /// <summary>Looks at them again until cancelled.</summary>
    /// <param name="kinds">Reads the objects, by kind.</param>
    /// <param name="changed">Hears of each job whose way has changed.</param>
    /// <param name="cancel">Ends it.</param>
    public async Task RunAsync(IReadOnlyDictionary<string, IWatchedKind> kinds, Action<NamespacedName> changed, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(LookInterval, time);
        while (await timer.WaitForNextTickAsync(cancel))
        {
            KeyValuePair<(string Kind, NamespacedName Key), (NamespacedName Job, IMetadata<V1ObjectMeta> Item)>[] all;
            lock (_gate)
            {
                all = [.. _known];
            }

            foreach (var (id, entry) in all)
            {
                await LookAsync(kinds[id.Kind], id.Key, entry.Job, entry.Item, changed, cancel);
            }
        }
    }

    private async Task LookAsync(IWatchedKind kind, NamespacedName key, NamespacedName job, IMetadata<V1ObjectMeta> before,
        Action<NamespacedName> changed, CancellationToken cancel)
    {
        IMetadata<V1ObjectMeta>? now;
        try
        {
            now = await kind.ReadAsync(key.Namespace, key.Name, cancel);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ApiException or TimeoutException)
        {
            log.LogDebug(e, "{Kind} {Key} could not be looked at", kind.Kind, key);
            return;
        }

        if (now?.Metadata.ResourceVersion == before.Metadata.ResourceVersion)
        {
            return;
        }

        lock (_gate)
        {
            if (now is null || now.Metadata.Labels?.ContainsKey(Api.Labels.Job) == true)
            {
                _known.Remove((kind.Kind, key)); // gone, or seen by the watch from now on
            }
            else
            {
                _known[(kind.Kind, key)] = (job, now);
            }
        }

        changed(job);
    }
}
