namespace MhcOperator.Operator.Clusters;

/// <summary>Something for people to see under <c>kubectl describe</c>.</summary>
/// <param name="IsWarning">Warning or Normal.</param>
/// <param name="Reason">CamelCase.</param>
/// <param name="Message">A sentence.</param>
public sealed record ClusterEvent(bool IsWarning, string Reason, string Message);
