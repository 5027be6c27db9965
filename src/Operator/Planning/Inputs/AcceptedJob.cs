using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Validation;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>The job as it is acted on, where its spec has a change that may not be: without it.</summary>
/// <param name="Job">The job; the one given where nothing is wrong with it.</param>
/// <param name="Rejected">Changes that may not be.</param>
/// <param name="Unreadable">What keeps the accepted spec from being read: somebody else wrote it.</param>
internal sealed record AcceptedJob(MhcTrainingJob Job, IReadOnlyList<FieldError> Rejected, FieldError? Unreadable = null)
{
    /// <param name="manifest">The job as it is stored.</param>
    /// <param name="status">Its status.</param>
    public static AcceptedJob Of(JobManifest manifest, MhcTrainingJobStatus? status)
    {
        if (manifest.Job is not { } job)
        {
            return new AcceptedJob(new MhcTrainingJob { Metadata = manifest.Metadata }, []);
        }

        if (status?.AcceptedSpec is not { } accepted)
        {
            return new AcceptedJob(job, []);
        }

        try
        {
            var (spec, rejected) = Immutability.Hold(accepted, job.Spec,
                job.Spec.Suspend || Conditions.IsTrue(status.Conditions, ConditionTypes.Suspended));
            return new AcceptedJob(rejected.Count == 0 ? job : job with { Spec = spec }, rejected);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return new AcceptedJob(job, [],
                new FieldError("status.acceptedSpec", $"expected what the operator has written, got something else: {e.Message}"));
        }
    }
}
