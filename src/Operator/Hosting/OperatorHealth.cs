namespace MhcOperator.Operator.Hosting;

/// <summary>What the operator is waiting for, if anything.</summary>
internal sealed class OperatorHealth
{
    private volatile string? _waitingFor = "the API server";

    /// <summary>What keeps it from being ready; null: it is ready, as the leader or to take over.</summary>
    public string? WaitingFor
    {
        get => _waitingFor;
        set => _waitingFor = value;
    }

    /// <summary>Looks whether the webhooks answer, and says what they wait for; by default there are none.</summary>
    public Func<CancellationToken, Task<string?>> CheckWebhooks { get; set; } = _ => Task.FromResult<string?>(null);

    /// <summary>What keeps it from being ready, the webhooks included; null: nothing.</summary>
    public async Task<string?> FindWaitAsync(CancellationToken cancel) => WaitingFor ?? await CheckWebhooks(cancel);
}
