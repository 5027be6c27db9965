namespace MhcOperator.Operator.Clusters;

/// <summary>Names one job.</summary>
/// <param name="Namespace">Namespace of the job.</param>
/// <param name="Name">Name of the job.</param>
public readonly record struct JobKey(string Namespace, string Name)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Namespace}/{Name}";
}
