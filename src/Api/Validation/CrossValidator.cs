using MhcOperator.Api.Errors;
using MhcOperator.Api.Validation.Rules;

namespace MhcOperator.Api.Validation;

/// <summary>Holds a job against the rules between its fields.</summary>
internal static class CrossValidator
{
    /// <summary>Every rule, once.</summary>
    public static IReadOnlyList<Rule> Rules { get; } =
    [
        .. NameRules.All, .. WorkersRules.All, .. TrainerRules.All, .. MachineRules.All, .. ModelRules.All, .. DataRules.All,
        .. OptimizationRules.All, .. CheckpointsRules.All, .. StabilityRules.All, .. RunPolicyRules.All, .. DrillRules.All,
    ];

    /// <summary>What is wrong; a rule that reads a field already found wrong is left out, for it would only say the same again.</summary>
    /// <param name="job">The job with all defaults.</param>
    /// <param name="found">What is known to be wrong.</param>
    public static IEnumerable<FieldError> Check(MhcTrainingJob job, IReadOnlyCollection<FieldError> found) =>
        Rules
            .Where(rule => !found.Any(error => rule.Uses.Any(field => FieldPath.Overlap(field, error.Path))))
            .SelectMany(rule => rule.Check(job));
}
