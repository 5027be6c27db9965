namespace MhcOperator.Api.Validation;

/// <summary>Holds a job against the rules between its fields.</summary>
internal static class CrossValidator
{
    /// <summary>What is wrong; rules on a field that is already found wrong are left out.</summary>
    public static IEnumerable<FieldError> Check(MhcTrainingJob job, IReadOnlyCollection<FieldError> found) => [];
}
