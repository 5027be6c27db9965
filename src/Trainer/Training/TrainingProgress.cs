namespace MhcOperator.Trainer.Training;

/// <summary>How far training is.</summary>
/// <param name="Step">Updates done.</param>
/// <param name="DataStep">The next data step.</param>
/// <param name="Tokens">Tokens trained on, all ranks and earlier attempts included.</param>
internal readonly record struct TrainingProgress(int Step, long DataStep, long Tokens)
{
    /// <summary>Of the last update, nats per token; null where not finite.</summary>
    public double? Loss { get; init; }

    /// <summary>
    /// Of the weights after the last update, on data kept back, nats per token; null where it was not measured at this step, or is not
    /// finite.
    /// </summary>
    public double? ValidationLoss { get; init; }
}
