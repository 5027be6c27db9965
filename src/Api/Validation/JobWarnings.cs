using MhcOperator.Api.Errors;
using MhcOperator.Api.Validation.Rules;

namespace MhcOperator.Api.Validation;

/// <summary>What is not wrong with a valid job by itself, but may not be what was meant.</summary>
public static class JobWarnings
{
    /// <param name="job">The job with all defaults.</param>
    /// <param name="privileges">Whether to say what the operator refuses unless it is started with --allow-privileged-templates.</param>
    public static IReadOnlyList<FieldError> Of(MhcTrainingJob job, bool privileges)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.Spec.Workers.Template is not { } template)
        {
            return [];
        }

        var check = new PodTemplateCheck(job.Spec.Workers.DevicesPerWorker);
        if (check.Check(template).Count > 0)
        {
            return check.Warnings;
        }

        var refused = privileges ? PodTemplatePrivileges.Check(template) : [];
        return [.. refused, .. check.Warnings.Where(w => refused.All(r => r.Path != w.Path))];
    }
}
