namespace MhcOperator.Api;

/// <summary>How far training has come, as rank 0 last said.</summary>
public sealed record ProgressStatus
{
    /// <summary>Updates done.</summary>
    public int Step { get; set; }

    /// <summary>Updates asked for.</summary>
    public int TotalSteps { get; set; }

    /// <summary>Training loss of the last update, nats per token; absent where not finite.</summary>
    public double? Loss { get; set; }

    /// <summary>Last measured loss on data kept back, nats per token; absent where there is none.</summary>
    public double? ValidationLoss { get; set; }

    /// <summary>Over the whole gang.</summary>
    public double TokensPerSecond { get; set; }

    /// <summary>Seconds left at that speed.</summary>
    public double? EtaSeconds { get; set; }

    /// <summary>When it was read.</summary>
    public DateTime? UpdatedAt { get; set; }
}
