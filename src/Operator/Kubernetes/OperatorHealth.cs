namespace MhcOperator.Operator.Kubernetes;

/// <summary>What the operator is waiting for, if anything.</summary>
internal sealed class OperatorHealth
{
    private volatile string? waitingFor = "the API server";

    /// <summary>What keeps it from being ready; null: it is ready, as the leader or to take over.</summary>
    public string? WaitingFor
    {
        get => waitingFor;
        set => waitingFor = value;
    }
}
