namespace MhcOperator.Operator.Runtime;

/// <summary>Which objects are watched.</summary>
/// <param name="Namespace">Namespace; null: all of them.</param>
/// <param name="Selector">Query, such as <c>labelSelector=…</c>; null: every object.</param>
internal sealed record WatchScope(string? Namespace, string? Selector = null);
