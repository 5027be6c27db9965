namespace MhcOperator.Api;

/// <summary>How a job goes back.</summary>
public sealed record RollbackPolicy
{
    /// <summary>Rollbacks allowed; at least 0.</summary>
    public int Limit { get; set; } = 3;

    /// <summary>Data steps skipped before the onset and after the detection; at least 0.</summary>
    public int SkipBatches { get; set; } = 8;

    /// <summary>Multiplies the learning rate after each rollback; over 0, at most 1. At 1, halved where new pods have not helped.</summary>
    public double LearningRateFactor { get; set; } = 1.0;

    /// <summary>Healthy steps that give one rollback back; at least 1.</summary>
    public int RefillAfterSteps { get; set; } = 1000;
}
