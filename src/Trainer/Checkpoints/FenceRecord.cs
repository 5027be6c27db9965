namespace MhcOperator.Trainer.Checkpoints;

/// <summary>
/// Which attempt owns a checkpoint folder. A folder may outlive its job, and the next job of that name begins with attempt 1 again.
/// </summary>
/// <param name="Attempt">The newest that opened it.</param>
/// <param name="JobSince">When its job was made, in seconds since 1970; 0: it did not say.</param>
internal sealed record FenceRecord(int Attempt, long JobSince = 0)
{
    /// <summary>Whether it comes after another.</summary>
    public bool IsNewerThan(FenceRecord other) => (JobSince, Attempt).CompareTo((other.JobSince, other.Attempt)) > 0;
}
