using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Json;
using MhcOperator.Api.Manifests;

namespace MhcOperator.Operator.Local;

/// <summary>
/// The job's status beside its checkpoints, so that a later run in the same folder knows which data to skip and which attempt comes next.
/// It is replaced as a whole: a crash leaves the old one or the new one.
/// </summary>
/// <param name="path">Of the file.</param>
internal sealed class LocalStatusFile(string path)
{
    // A status of thousands of rollbacks is smaller.
    private const int MaxBytes = 4 << 20;

    // Names of pods have room for five digits.
    private const int MaxAttempt = 99_998;

    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(MhcTrainingJobStatus status) =>
        RunFile.Replace(path, JsonSerializer.SerializeToUtf8Bytes(status, ApiJsonContext.Default.MhcTrainingJobStatus));

    /// <summary>
    /// What an earlier run has left, as the status of a job that was suspended: going on from there is a resume. Null where there was none.
    /// The budget of restarts is a new one, since somebody has looked at the job meanwhile.
    /// </summary>
    /// <exception cref="IOException">There is a file, but it holds no status.</exception>
    public MhcTrainingJobStatus? ReadForResume()
    {
        if (RunFile.Read(path, MaxBytes) is not { } content)
        {
            return null;
        }

        var old = Parse(content);
        return new MhcTrainingJobStatus
        {
            Attempt = old.Attempt,
            Rollbacks = old.Rollbacks,
            RollbackCount = old.RollbackCount,
            RollbacksUsed = old.RollbacksUsed,
            // the claim is another in each run, the folder is not
            Checkpoints = old.Checkpoints is { } known ? known with { ClaimUid = null, Message = null } : null,
            Progress = old.Progress,
            AcceptedSpec = old.AcceptedSpec,
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

    private MhcTrainingJobStatus Parse(byte[] content)
    {
        try
        {
            var json = JsonNode.Parse(content) as JsonObject ?? throw new JsonException("expected an object");
            var (status, errors) = JobManifestReader.ReadStatus(json);
            if (errors.Count > 0)
            {
                throw new JsonException(errors[0].ToString());
            }

            foreach (var (name, count) in ((string, int?)[])
                [("attempt", status.Attempt), ("rollbackCount", status.RollbackCount), ("rollbacksUsed", status.RollbacksUsed)])
            {
                if (count is < 0 or > MaxAttempt)
                {
                    throw new JsonException(
                        FormattableString.Invariant($"{name}: expected a whole number from 0 to {MaxAttempt}, got {count}"));
                }
            }

            return status;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new IOException(
                $"{path} is not a job's status ({e.Message}); delete it to begin again from the newest checkpoint, without the rollbacks that it recorded", e);
        }
    }
}
