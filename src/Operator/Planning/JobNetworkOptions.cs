namespace MhcOperator.Operator.Planning;

/// <summary>Who may connect to the pods of a job, beside the job's own.</summary>
public sealed record JobNetworkOptions
{
    /// <summary>Labels of the operator's namespace.</summary>
    public required IReadOnlyDictionary<string, string> OperatorNamespace { get; init; }

    /// <summary>Labels of its pods.</summary>
    public required IReadOnlyDictionary<string, string> OperatorPods { get; init; }

    /// <summary>Labels of the namespaces from which metrics are collected; null: from none.</summary>
    public IReadOnlyDictionary<string, string>? Scrapers { get; init; }
}
