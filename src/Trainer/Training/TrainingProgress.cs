namespace MhcOperator.Trainer.Training;

/// <summary>How far training is.</summary>
/// <param name="Step">Updates done.</param>
/// <param name="DataStep">The next data step.</param>
/// <param name="Tokens">Tokens trained on, all ranks and earlier attempts included.</param>
internal readonly record struct TrainingProgress(int Step, long DataStep, long Tokens);
