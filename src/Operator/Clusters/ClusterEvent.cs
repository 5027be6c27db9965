using MhcOperator.Api.Errors;

namespace MhcOperator.Operator.Clusters;

/// <summary>Something for people to see under <c>kubectl describe</c>.</summary>
/// <param name="IsWarning">Warning or Normal.</param>
/// <param name="Reason">CamelCase.</param>
/// <param name="Message">A sentence.</param>
public sealed record ClusterEvent(bool IsWarning, string Reason, string Message)
{
    /// <summary>A sentence, of letters that a terminal does not obey: it may have words of a trainer or of the cluster in it.</summary>
    public string Message { get; init; } = PrintableText.Sentence(Message);
}
