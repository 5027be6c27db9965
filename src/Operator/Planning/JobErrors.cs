using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning;

/// <summary>All that keeps the operator from acting on a job: one list for the planner and for admission.</summary>
internal static class JobErrors
{
    /// <param name="manifest">The job.</param>
    /// <param name="allowPrivilegedTemplates">Whether its pod template may leave the restricted Pod Security Standard.</param>
    /// <returns>Empty: the job is valid and can be read.</returns>
    public static IReadOnlyList<FieldError> Of(JobManifest manifest, bool allowPrivilegedTemplates)
    {
        if (manifest.Job is null && manifest.Errors.Count == 0)
        {
            return [new FieldError("spec", "the manifest could not be read")];
        }

        if (allowPrivilegedTemplates || manifest.Job is not { Spec.Workers.Template: { } template } job)
        {
            return manifest.Errors;
        }

        var asked = PodTemplatePrivileges.Check(template);
        return asked.Count > 0 ? [.. manifest.Errors, .. asked]
            : manifest.Errors.Count > 0 ? manifest.Errors
            : PodErrors(job);
    }

    /// <summary>What is wrong with the pods that are made of a job: they are what the server gets, whatever the template looked like.</summary>
    private static IReadOnlyList<FieldError> PodErrors(MhcTrainingJob job)
    {
        var pod = PodManifest.For(job, new MhcTrainingJobStatus { Attempt = 1 }, worker: 0, new OperatorOptions());
        return
        [
            .. PodTemplatePrivileges.CheckPod(pod)
                .Select(e => new FieldError("spec.workers.template", $"makes a pod that may not be: {e.Path}: {e.Message}")),
        ];
    }
}
