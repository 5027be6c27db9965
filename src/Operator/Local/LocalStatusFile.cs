using System.Text.Json;
using k8s.Models;
using MhcOperator.Api;

namespace MhcOperator.Operator.Local;

/// <summary>
/// The job's status beside its checkpoints, so that a later run in the same folder knows which data to skip and which attempt comes next.
/// It is replaced as a whole: a crash leaves the old one or the new one.
/// </summary>
/// <param name="path">Of the file.</param>
internal sealed class LocalStatusFile(string path)
{
    public void Write(MhcTrainingJobStatus status)
    {
        var aside = path + ".new";
        File.WriteAllBytes(aside, JsonSerializer.SerializeToUtf8Bytes(status, ApiJsonContext.Default.MhcTrainingJobStatus));
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>
    /// What an earlier run has left, as the status of a job that was suspended: going on from there is a resume. Null where there was none.
    /// The budget of restarts is a new one, since somebody has looked at the job meanwhile.
    /// </summary>
    /// <exception cref="IOException">There is a file, but it holds no status.</exception>
    public MhcTrainingJobStatus? ReadForResume()
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var old = JsonSerializer.Deserialize(File.ReadAllBytes(path), ApiJsonContext.Default.MhcTrainingJobStatus)
                ?? throw new JsonException("it holds null");
            return new MhcTrainingJobStatus
            {
                Attempt = old.Attempt,
                Rollbacks = old.Rollbacks,
                RollbackCount = old.RollbackCount,
                RollbacksUsed = old.RollbacksUsed,
                Checkpoints = old.Checkpoints is { } known ? known with { ClaimUid = null, Message = null } : null, // the claim is another in each run, the folder is not
                Progress = old.Progress,
                Conditions =
                [
                    new V1Condition
                    {
                        Type = ConditionTypes.Suspended,
                        Status = "True",
                        Reason = "RunEnded",
                        Message = "an earlier run in this folder has ended",
                        LastTransitionTime = File.GetLastWriteTimeUtc(path),
                    },
                ],
            };
        }
        catch (JsonException e)
        {
            throw new IOException($"{path} is not a job's status ({e.Message}); delete it to begin again from the newest checkpoint, without the rollbacks that it recorded", e);
        }
    }
}
