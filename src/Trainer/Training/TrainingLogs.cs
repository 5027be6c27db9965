namespace MhcOperator.Trainer.Training;

/// <summary>Files that tell a run step by step; null where nobody wants one.</summary>
/// <param name="Data">What each update was trained on.</param>
/// <param name="Steps">What came of it.</param>
internal sealed record TrainingLogs(string? Data, string? Steps);
