using k8s.Models;

namespace MhcOperator.Operator.Runtime;

/// <summary>Names one object of a kind.</summary>
/// <param name="Namespace">Its namespace; empty for an object of the whole cluster.</param>
/// <param name="Name">Its name.</param>
public readonly record struct NamespacedName(string Namespace, string Name)
{
    /// <summary>The name of an object.</summary>
    public static NamespacedName Of(IMetadata<V1ObjectMeta> item)
    {
        ArgumentNullException.ThrowIfNull(item);
        return new NamespacedName(item.Metadata.NamespaceProperty ?? "", item.Metadata.Name ?? "");
    }

    /// <inheritdoc/>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
