using MhcOperator.Api;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Policies;

namespace MhcOperator.Operator.Webhooks;

/// <summary>
/// Says at admission what the operator would say afterwards. Only what a request brings in is refused: a job that was stored with faults
/// (no webhook was there, or the rules have grown) can still be labelled, suspended, finalized and mended step by step, with a warning for
/// each fault.
/// </summary>
/// <param name="rules">What a job's pod template may say.</param>
internal sealed class JobAdmission(TemplateRules rules)
{
    /// <summary>Holds a job that is created or changed against every rule.</summary>
    public AdmissionAnswer Validate(AdmissionRequest request)
    {
        if (!request.IsAboutJob)
        {
            return PassBy(request);
        }

        var job = JobManifestReader.FromJson(request.Object!);
        var errors = Errors(job);
        if (request.OldObject is not { } stored)
        {
            return errors.Count == 0 ? AdmissionAnswer.Allow(Warnings(job)) : AdmissionAnswer.Refuse(job.Metadata.Name, errors);
        }

        var before = JobManifestReader.FromJson(stored);
        var known = Errors(before);
        var changes = Changes(before, known.Count == 0, job);
        return changes.Count == 0 && errors.All(known.Contains)
            ? AdmissionAnswer.Allow([.. errors.Select(error => error.ToString()), .. Warnings(job)])
            : AdmissionAnswer.Refuse(job.Metadata.Name, [.. errors, .. changes]);
    }

    /// <summary>Writes down the defaults that a job does not spell out. It refuses nothing.</summary>
    public static AdmissionAnswer Default(AdmissionRequest request) =>
        request.IsAboutJob ? AdmissionAnswer.Change(JobDefaults.Patch(request.Object!)) : PassBy(request);

    private static IEnumerable<string> Warnings(JobManifest manifest) =>
        manifest.Job is { } job ? JobWarnings.Of(job, privileges: false).Select(warning => warning.ToString()) : [];

    /// <summary>
    /// A job of another controller is held against the rules of the resource, not against this operator's settings: it makes no pods of it.
    /// </summary>
    private IReadOnlyList<FieldError> Errors(JobManifest job) =>
        JobErrors.Of(job, job.Job?.Spec.ManagedBy == MhcTrainingJob.ManagedByThisOperator ? rules : TemplateRules.Anything);

    private static IReadOnlyList<FieldError> Changes(JobManifest before, bool wasValid, JobManifest after)
    {
        if (before.Job is null || after.Job is null || (before.Status?.AcceptedSpec is null && !wasValid))
        {
            return []; // nobody has acted on a job that was never valid
        }

        var isSuspended = Conditions.IsTrue(before.Status?.Conditions ?? [], ConditionTypes.Suspended);
        return Immutability.Check(before.Job.Spec, after.Job.Spec, before.Status?.AcceptedSpec, isSuspended);
    }

    /// <summary>
    /// Whoever asks about something else gets no refusal: a webhook configuration with a rule too many must not stop anybody's work.
    /// </summary>
    private static AdmissionAnswer PassBy(AdmissionRequest request) => request.Target is { } target
        ? AdmissionAnswer.Allow(
            $"mhc-operator has rules for {MhcTrainingJob.Group}/{MhcTrainingJob.Version} {MhcTrainingJob.KindName} only; {target} was not looked at")
        : AdmissionAnswer.Allow();
}
