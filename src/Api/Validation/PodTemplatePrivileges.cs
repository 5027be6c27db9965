using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Validation;

/// <summary>
/// Finds what would take a pod out of the restricted Pod Security Standard or give it another identity. The operator makes pods under its
/// own account, so without this the author of a job could have what the author of a pod is refused.
/// </summary>
public static class PodTemplatePrivileges
{
    /// <summary>
    /// Every field of a template that asks for more than is allowed, with its path. A null counts too where it would remove what the
    /// operator sets.
    /// </summary>
    /// <param name="template">Overrides of a pod; its shape need not be right.</param>
    public static IReadOnlyList<FieldError> Check(JsonObject template) =>
        new RestrictedPod(JobSchema.PodTemplate, isWhole: false).Check(template);

    /// <summary>The same for a whole pod, as it is sent to the server: what is missing counts too.</summary>
    /// <param name="pod">The pod.</param>
    public static IReadOnlyList<FieldError> CheckPod(JsonObject pod) => new RestrictedPod("pod", isWhole: true).Check(pod);
}
