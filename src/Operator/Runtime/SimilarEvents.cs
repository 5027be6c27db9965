namespace MhcOperator.Operator.Runtime;

/// <summary>Events that differ in their message only.</summary>
internal readonly record struct SimilarEvents(string? Uid, bool IsWarning, string Reason);
