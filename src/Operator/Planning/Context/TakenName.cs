namespace MhcOperator.Operator.Planning.Context;

/// <summary>A name that the job needs and that another object has.</summary>
/// <param name="Kind">Kind of that object.</param>
/// <param name="Name">The name.</param>
/// <param name="IsPredecessors">It belongs to a job of the same name that was deleted, and goes with it.</param>
internal sealed record TakenName(string Kind, string Name, bool IsPredecessors);
