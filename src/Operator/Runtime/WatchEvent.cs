namespace MhcOperator.Operator.Runtime;

/// <summary>One line of a watch.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Version">Resource version that the watch has reached with it.</param>
/// <param name="Item">The object; null for a bookmark and for an object that could not be read.</param>
internal sealed record WatchEvent<T>(WatchEventKind Kind, string Version, T? Item)
    where T : class;
