using System.Diagnostics.CodeAnalysis;
using System.Net;
using k8s.Models;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Local;

/// <summary>The objects of one kind that have no life of their own, by namespace and name.</summary>
/// <typeparam name="T">Type of the objects.</typeparam>
/// <param name="kind">Name of the kind, for messages.</param>
internal sealed class LocalObjects<T>(string kind)
    where T : class, IMetadata<V1ObjectMeta>
{
    private readonly Dictionary<NamespacedName, T> _items = [];
    private readonly Lock _gate = new();

    public T? Find(string ns, string name)
    {
        lock (_gate)
        {
            return _items.GetValueOrDefault(new NamespacedName(ns, name));
        }
    }

    public bool TryFind(string ns, string name, [NotNullWhen(true)] out T? item)
    {
        item = Find(ns, name);
        return item is not null;
    }

    public IReadOnlyList<T> List()
    {
        lock (_gate)
        {
            return [.. _items.Values];
        }
    }

    public void Add(T item)
    {
        lock (_gate)
        {
            if (!_items.TryAdd(NamespacedName.Of(item), item))
            {
                throw new ApiException(HttpStatusCode.Conflict, $"{kind} {item.Metadata.Name} exists already");
            }
        }
    }

    public void Put(T item)
    {
        lock (_gate)
        {
            _items[NamespacedName.Of(item)] = item;
        }
    }

    public bool Remove(string ns, string name)
    {
        lock (_gate)
        {
            return _items.Remove(new NamespacedName(ns, name));
        }
    }

    /// <summary>Removes what the owner of that uid leaves behind.</summary>
    public void RemoveOwned(string uid)
    {
        foreach (var item in List().Where(i => (i.Metadata.OwnerReferences ?? []).Any(o => o.Uid == uid)))
        {
            Remove(item.Metadata.NamespaceProperty, item.Metadata.Name);
        }
    }
}
