using k8s.Models;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Cache of one kind by key and by owner. Objects handed out are shared: never change them. What is older than what is
/// held is ignored, so that events may come twice or late.
/// </summary>
/// <param name="ownerOf">Owner by which objects are found together; null for one that has none.</param>
internal sealed class Store<T>(Func<T, NamespacedName?> ownerOf)
    where T : class, IMetadata<V1ObjectMeta>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, T> _items = [];
    private readonly Dictionary<NamespacedName, HashSet<NamespacedName>> _owned = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _items.Count;
            }
        }
    }

    public T? Find(NamespacedName key)
    {
        lock (_gate)
        {
            return _items.GetValueOrDefault(key);
        }
    }

    public IReadOnlyList<T> List()
    {
        lock (_gate)
        {
            return [.. _items.Values];
        }
    }

    public IReadOnlyList<T> ListOwned(NamespacedName owner)
    {
        lock (_gate)
        {
            return _owned.TryGetValue(owner, out var keys) ? [.. keys.Select(key => _items[key])] : [];
        }
    }

    /// <summary>Holds an object; false where the one held is as new or newer.</summary>
    public bool Set(T item)
    {
        lock (_gate)
        {
            var key = NamespacedName.Of(item);
            if (_items.TryGetValue(key, out var held)
                && !ResourceVersions.IsOlder(held.Metadata.ResourceVersion, item.Metadata.ResourceVersion))
            {
                return false;
            }

            Remove(key);
            _items.Add(key, item);
            if (ownerOf(item) is { } owner)
            {
                (_owned.TryGetValue(owner, out var keys) ? keys : _owned[owner] = []).Add(key);
            }

            return true;
        }
    }

    /// <summary>Forgets an object; false where it is not held, or another one of that name is.</summary>
    public bool Delete(T item)
    {
        lock (_gate)
        {
            var key = NamespacedName.Of(item);
            return _items.TryGetValue(key, out var held) && held.Metadata.Uid == item.Metadata.Uid && Remove(key);
        }
    }

    /// <summary>Forgets what a list of a namespace no longer names.</summary>
    /// <param name="all">The list.</param>
    /// <param name="ns">Namespace; null: all of them.</param>
    /// <returns>What was held before and is not in the list: its deletion was missed.</returns>
    public IReadOnlyList<T> Replace(IReadOnlyCollection<T> all, string? ns = null)
    {
        lock (_gate)
        {
            var listed = all.Select(item => NamespacedName.Of(item)).ToHashSet();
            var gone = _items.Where(pair => (ns is null || pair.Key.Namespace == ns) && !listed.Contains(pair.Key))
                .Select(pair => pair.Value).ToList();
            gone.ForEach(item => Remove(NamespacedName.Of(item)));
            return gone;
        }
    }

    private bool Remove(NamespacedName key)
    {
        if (!_items.Remove(key, out var item))
        {
            return false;
        }

        if (ownerOf(item) is { } owner && _owned.TryGetValue(owner, out var keys))
        {
            keys.Remove(key);
            if (keys.Count == 0)
            {
                _owned.Remove(owner);
            }
        }

        return true;
    }
}
