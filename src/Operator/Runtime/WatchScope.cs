namespace MhcOperator.Operator.Runtime;

/// <summary>Which objects are watched.</summary>
/// <param name="Namespace">Namespace; null: all of them.</param>
/// <param name="Selector">Query, such as <c>labelSelector=…</c>; null: every object.</param>
internal sealed record WatchScope(string? Namespace, string? Selector = null)
{
    /// <summary>A scope for each namespace; one for all of them where none is named.</summary>
    public static IReadOnlyList<WatchScope> Each(IReadOnlyList<string> namespaces, string? selector = null) =>
        namespaces.Count == 0 ? [new WatchScope(null, selector)] : [.. namespaces.Select(ns => new WatchScope(ns, selector))];
}
