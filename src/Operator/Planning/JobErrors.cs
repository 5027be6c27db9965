using MhcOperator.Api.Manifests;
using MhcOperator.Api.Validation;

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

        return allowPrivilegedTemplates || manifest.Job?.Spec.Workers.Template is not { } template
            ? manifest.Errors
            : [.. manifest.Errors, .. PodTemplatePrivileges.Check(template)];
    }
}
