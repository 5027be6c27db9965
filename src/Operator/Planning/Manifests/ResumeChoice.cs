using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// Where the next gang begins. After a rollback that is the restored step, and it stays that until a gang has been seen to do a step from
/// there: only then has rank 0 certainly quarantined the later checkpoints, so that "latest" cannot be one of them. A job that is to begin
/// anew does so until it has done a step.
/// </summary>
internal static class ResumeChoice
{
    public static ResumePoint Of(MhcTrainingJobStatus status, CheckpointResume resume)
    {
        if (resume == CheckpointResume.None && status.Rollbacks.Count == 0 && status.Checkpoints?.Begun != true)
        {
            return ResumePoint.Start;
        }

        if (status.Rollbacks is not [.., var last] || (last.Attempt != status.Attempt - 1 && last.Seconds is not null))
        {
            return ResumePoint.Newest;
        }

        return new ResumePoint(last.RestoredStep);
    }
}
