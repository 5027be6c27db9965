namespace MhcOperator.Operator.Runtime;

/// <summary>One page of a list.</summary>
/// <param name="Items">Objects.</param>
/// <param name="Version">Resource version of the whole list, from which a watch goes on.</param>
/// <param name="Continue">Token of the next page; null: this is the last.</param>
internal sealed record ListPage<T>(IReadOnlyList<T> Items, string Version, string? Continue);
