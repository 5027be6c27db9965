using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Json;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>All that keeps the operator from acting on a job: one list for the planner and for admission.</summary>
internal static class JobErrors
{
    private static readonly OperatorOptions Defaults = new();

    /// <param name="manifest">The job.</param>
    /// <param name="rules">What its pod template may say.</param>
    /// <returns>Empty: the job is valid and can be read.</returns>
    public static IReadOnlyList<FieldError> Of(JobManifest manifest, TemplateRules rules)
    {
        if (manifest.Job is null && manifest.Errors.Count == 0)
        {
            return [new FieldError("spec", "the manifest could not be read")];
        }

        if (manifest.Job is not { Spec.Workers.Template: { } template } job)
        {
            return manifest.Errors;
        }

        IReadOnlyList<FieldError> asked =
        [
            .. rules.AllowPrivileged ? [] : PodTemplatePrivileges.Check(template),
            .. rules.Secrets is { } secrets ? TemplateSecrets.Check(template, secrets) : [],
        ];
        return asked.Count > 0 ? [.. manifest.Errors, .. asked]
            : manifest.Errors.Count > 0 || rules.AllowPrivileged ? manifest.Errors
            : PodErrors(job);
    }

    /// <summary>
    /// The same of a job as it is acted on, where that is another than the one stored: what was accepted once stands in the status, which
    /// others may write, and was accepted under the rules and settings of that time.
    /// </summary>
    public static IReadOnlyList<FieldError> OfAccepted(MhcTrainingJob job, TemplateRules rules)
    {
        var json = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = job.Metadata.Name, ["namespace"] = job.Metadata.NamespaceProperty },
            ["spec"] = JsonSerializer.SerializeToNode(job.Spec, ApiJsonContext.Default.MhcTrainingJobSpec),
        };
        return
        [
            .. Of(JobManifestReader.FromJson(json), rules)
                .Where(e => e.Path.StartsWith("spec", StringComparison.Ordinal))
                .Select(
                    e => e with { Message = $"{e.Message}; it was accepted before (status.acceptedSpec), and the change of it is rejected" }),
        ];
    }

    /// <summary>
    /// What is wrong with the pods that are made of a job: they are what the server gets, whatever the template looked like.
    /// </summary>
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
